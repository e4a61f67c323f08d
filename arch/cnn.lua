-- The pair as one image of two channels, through the trunk's layers; no weights are shared.
local nn = require "nn"

local pair, comparison = nn.input("pair", {2, 14, 14}), nn.label("comparison", 2)

local trunk   = require "trunk"
local compare = nn.linear { name = "compare", out = 2 }
local verdict = compare(trunk(pair))

return nn.model {
  name    = "cnn",
  data    = "mnist-pairs",
  train   = { epochs = 100, batch = 100, optimizer = nn.adam { lr = 1e-3 },
              loss = nn.cross_entropy(verdict, comparison) },
  predict = { comparison = nn.argmax(verdict) },
  metrics = { accuracy = nn.equal(nn.argmax(verdict), comparison) },
}
