local nn = require "nn"
local left = nn.input("left", {1, 28, 28})
local pairs_ = nn.input("pairs", {2, 14, 14})
local digit = nn.label("left_digit", 2)
local answer = nn.linear { out = 2 }(nn.flatten(left))
return nn.model {
  data  = "mnist-pairs",
  train = { epochs = 1, batch = 10, optimizer = nn.adam {},
            loss = nn.cross_entropy(answer, digit) },
}
