-- Are two digits the same one? Their features are drawn together if they are, and pushed apart up to a margin if not
-- (R. Hadsell, S. Chopra, Y. LeCun, Dimensionality reduction by learning an invariant mapping, 2006).
local nn = require "nn"

local left, right = nn.input("left", {1, 14, 14}), nn.input("right", {1, 14, 14})
local left_digit, right_digit = nn.label("left_digit", 10), nn.label("right_digit", 10)

local features = nn.sequential {
  nn.conv2d { name = "conv1", out = 32, kernel = 3, padding = 1 }, nn.relu, nn.max_pool2d,
  nn.conv2d { name = "conv2", out = 64, kernel = 3, padding = 1 }, nn.relu, nn.max_pool2d,
  nn.flatten,
  nn.linear { name = "fc1", out = 64 }, nn.relu,
  nn.linear { name = "fc2", out = 16 },
}
local margin   = 1
local square   = nn.sum((features(left) - features(right)) ^ 2)
local distance = nn.sqrt(square + 1e-6)
local same     = nn.equal(left_digit, right_digit)

return nn.model {
  data    = "mnist-pairs",
  train   = { epochs = 20, batch = 64,
              loss = same * square + (1 - same) * nn.maximum(margin - distance, 0) ^ 2,
              optimizer = nn.adam { lr = 1e-3 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2 } },
  predict = { distance = distance },
  metrics = { accuracy = nn.equal(nn.less(distance, margin / 2), same) },
}
