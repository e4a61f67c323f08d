-- Digits (Y. LeCun et al., Gradient-based learning applied to document recognition, 1998), with max-pools and ReLUs
-- as they are written today.
local nn = require "nn"

local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)

local logits = nn.sequential {
  nn.conv2d { name = "conv1", out = 6, kernel = 5, padding = 2 }, nn.relu, nn.max_pool2d,
  nn.conv2d { name = "conv2", out = 16, kernel = 5 }, nn.relu, nn.max_pool2d,
  nn.flatten,
  nn.linear { name = "fc1", out = 120 }, nn.relu,
  nn.linear { name = "fc2", out = 84 }, nn.relu,
  nn.linear { name = "fc3", out = 10 },
} (image)

return nn.model {
  data    = "mnist",
  train   = { epochs = 10, batch = 64, loss = nn.cross_entropy(logits, digit),
              optimizer = nn.adam { lr = 2e-3 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2 } },
  predict = { digit = nn.argmax(logits), sure = nn.amax(nn.softmax(logits)) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), digit) },
}
