-- Digits as vectors of pixels, two hidden layers, dropout.
local nn = require "nn"

local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)

local logits = nn.sequential {
  nn.flatten, nn.dropout { name = "drop0", p = 0.2 },
  nn.linear { name = "fc1", out = 512 }, nn.relu, nn.dropout { name = "drop1", p = 0.3 },
  nn.linear { name = "fc2", out = 256 }, nn.relu, nn.dropout { name = "drop2", p = 0.3 },
  nn.linear { name = "fc3", out = 10 },
} (image)

return nn.model {
  data    = "mnist",
  train   = { epochs = 20, batch = 64, loss = nn.cross_entropy(logits, digit),
              optimizer = nn.adam { lr = 1e-3 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2 } },
  predict = { digit = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), digit) },
}
