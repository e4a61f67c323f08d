-- Shapes that differ: missing axes and those of size 1, on either side and on both, of images with channels in lanes and
-- with columns there, of sequences, of fields; in arithmetic, choices and comparisons.
local nn = require "nn"
local x, q = nn.input("x", {3, 7, 6}), nn.input("q", {5, 20})
local v, t, l = nn.input("v", {20}), nn.target("t", {4}), nn.label("l", 3)
local y = nn.conv2d { name = "c", out = 20, kernel = 3 }(x)                       -- (20, 5, 4)
y = y * nn.sigmoid(nn.mean(y, { axis = { 2, 3 }, keepdim = true }))
y = nn.maximum(y, 0.5 * nn.mean(y, { axis = 1 })) + t - nn.mean(y, { axis = -1, keepdim = true })
local n = nn.layer_norm { name = "n" }(y)                                        -- columns in lanes
n = n / (1 + nn.mean(n * n, { axis = { 1, 3 }, keepdim = true })) - nn.mean(n * t)
local s = nn.tanh(nn.layer_norm { name = "s" }(q * v)) + v * nn.mean(q, { axis = 2, keepdim = true })
local outer = nn.mean(s, { axis = 1, keepdim = true }) * nn.sum(s, { axis = 2, keepdim = true })
s = nn.where(nn.greater(s, nn.mean(s)), s - outer, nn.sum(outer, { axis = 1 }))
local h = nn.linear { name = "h", out = 4 }(nn.concat { nn.flatten(n), nn.flatten(s), nn.mean(y, { axis = { 2, 3 } }) })
local softmax = nn.exp(h) / nn.sum(nn.exp(h), { axis = 1, keepdim = true })
local logits = nn.linear { name = "o", out = 3 }(h * nn.mean(v) + softmax)
return nn.model { name = "broadcast",
  train = { epochs = 1, batch = 8, optimizer = nn.adam {},
            loss = nn.cross_entropy(logits, l) + nn.mean((h - t) ^ 2 * nn.mean(nn.abs(t))) },
  predict = { s = s, n = n, softmax = softmax },
  metrics = { hit = nn.equal(nn.argmax(logits), l), above = nn.mean(nn.less(nn.mean(h), h)) },
}
