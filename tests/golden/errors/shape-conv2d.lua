-- A convolution behind a vector, several calls later.
local nn = require "nn"

local left = nn.input("left", {1, 14, 14})
local comparison = nn.label("comparison", 2)
local trunk = nn.sequential {
  nn.conv2d { name = "conv1", out = 32, kernel = 3 }, nn.relu, nn.flatten,
  nn.linear { name = "fc2", out = 84 },
  nn.relu,
  nn.conv2d { name = "conv2", out = 64, kernel = 3 },
}
local verdict = trunk(left)

return nn.model {
  data  = "mnist-pairs",
  train = { epochs = 1, batch = 10, optimizer = nn.adam {},
            loss = nn.cross_entropy(verdict, comparison) },
}
