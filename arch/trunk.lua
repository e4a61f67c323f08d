-- From one 14x14 image to 84 features. Each `require "trunk"` gives the same layers, so that all
-- images of a network share one set of weights.
local nn = require "nn"

return nn.sequential {
  nn.conv2d { name = "conv1", out = 32, kernel = 3 }, nn.relu, nn.max_pool2d {}, nn.dropout { p = 0.3 },
  nn.conv2d { name = "conv2", out = 64, kernel = 3 }, nn.relu, nn.max_pool2d {}, nn.dropout { p = 0.3 },
  nn.flatten,
  nn.linear { name = "fc1", out = 120 }, nn.relu, nn.dropout { p = 0.3 },
  nn.linear { name = "fc2", out = 84 }, nn.relu, nn.dropout { p = 0.3 },
}
