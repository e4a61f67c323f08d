-- One trunk for both images: the weights are shared.
local nn = require "nn"

local left, right = nn.input("left", {1, 14, 14}), nn.input("right", {1, 14, 14})
local comparison  = nn.label("comparison", 2)

local trunk   = require "trunk"
local compare = nn.sequential {
  nn.linear { name = "merge", out = 20 }, nn.relu,
  nn.linear { name = "compare", out = 2 },
}
local verdict = compare(nn.concat { trunk(left), trunk(right) })

return nn.model {
  name    = "sharing",
  data    = "mnist-pairs",
  train   = { epochs = 100, batch = 100, optimizer = nn.adam { lr = 1e-3 },
              loss = nn.cross_entropy(verdict, comparison) },
  predict = { comparison = nn.argmax(verdict) },
  metrics = { accuracy = nn.equal(nn.argmax(verdict), comparison) },
}
