local nn = require "nn"
local left, right = nn.input("left", {1, 14, 14}), nn.input("right", {1, 14, 14})
local left_digit, right_digit = nn.label("left_digit", 10), nn.label("right_digit", 10)
local comparison = nn.label("comparison", 2)
local hidden = nn.param("hidden", 20)
local trunk = nn.sequential { nn.flatten, nn.linear { name = "fc", out = hidden }, nn.tanh }
local digit = nn.linear { name = "digit", out = 10, init = nn.kaiming_uniform }
local compare = nn.linear { out = 2, init = { weight = nn.normal(0, 0.02), bias = nn.zeros } }
local a, b = trunk(left), trunk(right)
local da, db = digit(a), digit(b)
local verdict = compare(nn.concat { a, b })
local digits = nn.cross_entropy(da, left_digit) + nn.cross_entropy(db, right_digit)
local compared = nn.cross_entropy(verdict, comparison)
local beta = (nn.epochs - nn.epoch) / nn.epochs
local lr = 1e-3 * nn.min(1, (nn.step + 1) / 200) * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2
return nn.model {
  name = "pairs",
  data = "mnist-pairs",
  train = {
    { epochs = 3, batch = 100, optimizer = nn.sgd { lr = lr, momentum = 0.9, nesterov = true },
      loss = digits, shuffle = false },
    { epochs = 4, batch = 10, optimizer = nn.rmsprop { centered = true }, freeze = { "fc", "digit" },
      loss = beta * digits + (1 - beta) * compared },
  },
  predict = { comparison = nn.argmax(verdict), digits = da },
  metrics = { accuracy = nn.equal(nn.argmax(verdict), comparison), digit_loss = digits },
}
