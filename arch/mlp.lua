-- Both images as one vector of pixels, five linear layers.
local nn = require "nn"

local left, right = nn.input("left", {1, 14, 14}), nn.input("right", {1, 14, 14})
local comparison = nn.label("comparison", 2)

local compare = nn.sequential {
  nn.linear { name = "fc1", out = 264 }, nn.relu,
  nn.linear { name = "fc2", out = 120 }, nn.relu,
  nn.linear { name = "fc3", out = 84 }, nn.relu,
  nn.linear { name = "fc4", out = 10 }, nn.relu,
  nn.linear { name = "fc5", out = 2 },
}
local verdict = compare(nn.concat { nn.flatten(left), nn.flatten(right) })

return nn.model {
  name    = "mlp",
  data    = "mnist-pairs",
  train   = { epochs = 100, batch = 100, optimizer = nn.adam { lr = 1e-3 },
              loss = nn.cross_entropy(verdict, comparison) },
  predict = { comparison = nn.argmax(verdict) },
  metrics = { accuracy = nn.equal(nn.argmax(verdict), comparison) },
}
