-- Kernels too wide to be told tap by tap: borders, strides, dilation, groups, pools across the
-- border; a linear layer behind channels that fill no row.
local nn = require "nn"
local x = nn.input("signal", {3, 3, 61})
local kind = nn.label("kind", 5)
local y = nn.sequential {
  nn.conv2d { name = "a", out = 7, kernel = {2, 45}, padding = {0, 22} }, nn.relu,
  nn.max_pool2d { kernel = 2 },
  nn.conv2d { name = "b", out = 18, kernel = {2, 11}, padding = {1, 5} }, nn.tanh,
  nn.conv2d { name = "c", out = 20, kernel = {1, 13}, stride = {1, 3}, padding = {0, 7}, groups = 2 }, nn.relu,
  nn.conv2d { name = "d", out = 34, kernel = {2, 9}, dilation = {1, 2}, padding = {1, 8} }, nn.relu,
  nn.max_pool2d { kernel = 2 },
  nn.conv2d { name = "e", out = 21, kernel = {9, 4}, padding = {5, 2} }, nn.relu,
  nn.max_pool2d { kernel = {2, 2} },
  nn.flatten, nn.linear { name = "f", out = 19 }, nn.relu, nn.linear { name = "g", out = 5 },
} (x)
return nn.model {
  name = "signal",
  train = { epochs = 1, batch = 29, optimizer = nn.adam { lr = 1e-3 }, loss = nn.cross_entropy(y, kind) },
  predict = { kind = nn.argmax(y) },
}
