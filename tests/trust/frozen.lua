-- Three phases that freeze in different ways: a bias alone, a layer in the middle, one shared by
-- two inputs.
local nn = require "nn"
local left, right = nn.input("left", {1, 14, 14}), nn.input("right", {1, 14, 14})
local comparison = nn.label("comparison", 2)
local left_digit = nn.label("left_digit", 10)
local trunk = nn.sequential {
  nn.conv2d { name = "conv1", out = 8, kernel = 3, stride = 2 }, nn.relu,
  nn.conv2d { name = "conv2", out = 16, kernel = 3 }, nn.relu, nn.max_pool2d { kernel = 2 },
  nn.flatten,
  nn.linear { name = "fc", out = 20 }, nn.relu,
}
local a, b = trunk(left), trunk(right)
local digit = nn.linear { name = "digit", out = 10 } (a)
local verdict = nn.linear { name = "compare", out = 2 } (nn.concat { a, b })
local adam = nn.adam { lr = 1e-2 }
return nn.model {
  name = "frozen",
  data = "mnist-pairs",
  train = {
    { epochs = 1, batch = 10, optimizer = adam, loss = nn.cross_entropy(digit, left_digit) },
    { epochs = nn.param("second", 1), batch = 10, optimizer = adam, freeze = { "conv2", "digit" },
      loss = nn.cross_entropy(verdict, comparison) + nn.cross_entropy(digit, left_digit) },
    { epochs = nn.param("third", 1), batch = 10, optimizer = adam,
      freeze = { "conv1", "fc", "compare" }, loss = nn.cross_entropy(digit, left_digit) },
  },
  predict = { comparison = nn.argmax(verdict) },
  metrics = { accuracy = nn.equal(nn.argmax(verdict), comparison) },
}
