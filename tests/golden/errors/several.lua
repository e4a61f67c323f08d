-- Independent mistakes are all found in one run.
local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.conv2d { name = "a", out = 4, kernel = 3, strid = 2 }(image)
local b = nn.linear { name = "b", out = 10 }(image)
local c = nn.dropout { p = 2 }(b)
local d = nn.relu(a) + c
local answer = nn.linear { name = "answer", out = 11 }(nn.flatten(image))
return nn.model {
  data    = "mnist",
  train   = { epochs = 1, batch = 10, optimizer = nn.adam {},
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
}
