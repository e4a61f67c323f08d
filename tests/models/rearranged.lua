-- Values in other shapes and orders of axes, flipped, padded in every mode, in pieces and stacked; of images, sequences,
-- vectors, fields of four axes and labels.
local nn = require "nn"
local x, q, v, d = nn.input("x", {5, 6, 7}), nn.input("q", {6, 20}), nn.input("v", {36}), nn.input("d", {2, 3, 4, 5})
local l, t = nn.label("l", 7, {2, 6}), nn.target("t", {4})
local y = nn.conv2d { name = "c", out = 20, kernel = 3 }(nn.pad(nn.flip(x, -1), 3, 2, 1, { mode = "reflect" }))   -- (20, 4, 8)
local p = nn.transpose(nn.tanh(y), 1, -1)                                         -- (8, 4, 20)
local z = nn.layer_norm { name = "n" }(p) + nn.flip(p, { 1, 2 })
local sequence = nn.reshape(nn.pad(z, 2, 1, 1, { value = 0.5 }), { -1, 20 })      -- (48, 20)
local back = nn.permute { 2, 1 }(sequence)                                        -- (20, 48)
local a, b, c = nn.split(nn.pad(q, 1, 3, 2, { mode = "replicate" }) * 0.5, 1, 4)  -- (4, 20), (4, 20), (3, 20)
local stacked = nn.stack { a, nn.tanh(b), axis = 2 }                              -- (4, 2, 20)
local deep = nn.reshape(nn.tanh(d), { 6, 4, 5 }) - nn.reshape(nn.permute(d, { 1, 4, 3, 2 }), { 6, 4, 5 })
local rows = nn.stack { nn.select(y, 2, -1), nn.select(y, 2, 1), axis = -1 }      -- (20, 8, 2)
local h = nn.linear { name = "h", out = 18 }(nn.concat {
  nn.mean(back, { axis = 2 }), nn.flatten(nn.reshape(v, { 3, 4, 3 }) - 0.5), nn.mean(stacked, { axis = { 1, 2 } }),
  nn.flatten(nn.mean(deep, { axis = 1 })), nn.select(c, 1, 2), nn.flatten(nn.flip(rows, 1)), nn.mean(z, { axis = { 1, 2 } }) })
local board = nn.conv2d { name = "e", out = 3, kernel = 3 }(nn.reshape(nn.tanh(a), { 1, 4, 20 }))               -- (3, 2, 18)
local line = nn.reshape(nn.conv2d { name = "f", out = 1, kernel = 1 }(board), { 2, 18 })
local o = nn.linear { name = "o", out = 4 }(nn.reshape(nn.flip(nn.reshape(nn.tanh(h), { 2, 9 }), 2), { -1 }))
local turned = nn.permute(nn.flip(l, 2), { 2, 1 })                                -- (6, 2)
local hot = nn.one_hot(nn.concat { nn.select(turned, 2, 1), nn.reshape(l, { 12 }) })
return nn.model { name = "rearranged",
  train = { epochs = 1, batch = 8, optimizer = nn.adamw {}, loss = nn.mse(o, t) + nn.mean(nn.mean(line ^ 2)) + nn.mean(hot * 0.1) * nn.mean(o ^ 2) },
  predict = { o = o, turned = turned, padded = nn.pad(l, 1, 1, 1, { value = 6 }), stacked = stacked, deep = deep, line = line,
              l = nn.pad(l, -1, 2, 3, { mode = "reflect" }), x = nn.permute(x, { 3, 1, 2 }), v = nn.flip(v, 1) },
}
