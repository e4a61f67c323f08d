-- Values of two axes, (T, N), through everything that takes them: element by element, sums, concat and slices along
-- both axes, dropout, layer norm, losses and metrics; a layer in each place; and flattened, on to a layer.
local nn = require "nn"
local x, y = nn.input("x", {9, 20}), nn.input("y", {9, 5})
local t, l = nn.target("t", {6, 20}), nn.label("l", 3)
local norm = nn.layer_norm { name = "n" }
local a = nn.tanh(norm(nn.concat { x, nn.slice(x, 1, -4) }))                 -- (13, 20)
local b = nn.dropout { name = "d", p = 0.3 }(nn.slice(a, 1, 2, -2, 2)) * 1.5  -- (6, 20)
local c = nn.concat { nn.slice(b, 2, 3, 11), nn.slice(y, 1, 1, 6), axis = 2 } -- (6, 14)
local w = nn.linear { name = "w", out = 21 }
local u = nn.linear { name = "u", out = 14, bias = false }(nn.tanh(w(nn.slice(x, 1, 1, 6)) - w(nn.slice(x, 1, 4))))
local v = nn.concat { nn.flatten(c + u), nn.mean(nn.slice(a, 2, 1, -1, 3), { axis = 1 }), nn.sum(b * b, { axis = 2 }) }
local h = nn.linear { name = "h", out = 7 }(nn.dropout { p = 0.1 }(v))
local logits = nn.linear { name = "o", out = 3 }(nn.concat { nn.relu(h), nn.slice(h, 1, 2, 7, 5) })
return nn.model { name = "sequences",
  train = { epochs = 1, batch = 8, optimizer = nn.adam {},
            loss = nn.cross_entropy(logits, l) + nn.mse(b, t) + 0.1 * nn.mean(nn.abs(b - t)) },
  predict = { a = a, c = c, l = nn.argmax(logits) },
  metrics = { hit = nn.equal(nn.argmax(logits), l), far = nn.mean(nn.greater(nn.abs(b - t), 1)), b = nn.mse(b, t) },
}
