-- Layers that normalise by the batch: compare_batch_norm.py has the same network as a torch.nn.Module. Nothing in
-- it decides, so that rounding cannot turn a decision.
local nn = require "nn"
local x, t = nn.input("x", {3, 7, 6}), nn.target("t", {5})
local y = nn.tanh(nn.batch_norm2d { name = "bn1" }(nn.conv2d { name = "conv1", out = 20, kernel = 3 }(x)))
local z = nn.batch_norm2d { name = "bn2", momentum = 0.3, eps = 1e-3, bias = false }(
  nn.conv2d { name = "conv2", out = 20, kernel = 3, padding = 1, bias = false }(y))
local again = nn.batch_norm1d { name = "again", weight = false }
local f = nn.linear { name = "fc1", out = 12 }(nn.flatten(nn.tanh(z + y)))
f = nn.tanh(again(f)) + 0.5 * again(f * f)
local rows = nn.batch_norm1d { name = "rows", affine = false }(nn.reshape(f, { 4, 3 }))
local out = nn.linear { name = "fc2", out = 5 }(nn.flatten(rows))
return nn.model {
  name = "batch_norm",
  train = { epochs = 10, batch = 40, shuffle = false, loss = nn.mse(out, t), optimizer = nn.sgd { lr = 0.1 } },
  predict = { out = out },
}
