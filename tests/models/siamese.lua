-- Two inputs through one trunk, and the difference of what comes out: the gradient of the trunk's last
-- bias is a sum of terms that cancel.
local nn = require "nn"
local left, right = nn.input("left", {1, 11, 9}), nn.input("right", {1, 11, 9})
local distance = nn.target("distance", {6})
local trunk = nn.sequential {
  nn.conv2d { name = "k", out = 17, kernel = 3 }, nn.relu, nn.max_pool2d { kernel = 2 },
  nn.flatten, nn.linear { name = "f", out = 20 }, nn.tanh,
  nn.linear { name = "last", out = 6 },
}
local difference = trunk(left) - trunk(right)
return nn.model {
  name = "siamese",
  train = { epochs = 1, batch = 20, optimizer = nn.adam { lr = 1e-3 }, loss = nn.mse(difference, distance) },
  predict = { difference = difference },
}
