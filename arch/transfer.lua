-- First learn the digits, then the comparison on what was learnt, with the convolutions frozen.
local nn = require "nn"

local left, right = nn.input("left", {1, 14, 14}), nn.input("right", {1, 14, 14})
local left_digit, right_digit = nn.label("left_digit", 10), nn.label("right_digit", 10)
local comparison = nn.label("comparison", 2)

local trunk   = require "trunk"
local digit   = nn.linear { name = "digit", out = 10 }
local compare = nn.sequential {
  nn.linear { name = "merge", out = 20 }, nn.relu,
  nn.linear { name = "compare", out = 2 },
}

local a, b    = trunk(left), trunk(right)
local verdict = compare(nn.concat { a, b })

return nn.model {
  name  = "transfer",
  data  = "mnist-pairs",
  train = {
    { epochs = 50, batch = 100, optimizer = nn.adam { lr = 1e-3 },
      loss = nn.cross_entropy(digit(a), left_digit) + nn.cross_entropy(digit(b), right_digit) },
    { epochs = 50, batch = 100, optimizer = nn.adam { lr = 1e-3 }, freeze = { "conv1", "conv2" },
      loss = nn.cross_entropy(verdict, comparison) },
  },
  predict = { comparison = nn.argmax(verdict) },
  metrics = { accuracy = nn.equal(nn.argmax(verdict), comparison) },
}
