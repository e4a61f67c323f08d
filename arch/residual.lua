-- Single digits of 28x28 with padding, a strided convolution, groups, a residual addition and
-- averages: what the study's networks do without.
local nn = require "nn"

local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)

local stem  = nn.sequential { nn.conv2d { name = "stem", out = 16, kernel = 5, stride = 2, padding = 2 }, nn.relu }
local block = nn.sequential {
  nn.conv2d { name = "grouped", out = 16, kernel = 3, padding = 1, groups = 4 }, nn.relu,
  nn.conv2d { name = "mixed", out = 16, kernel = 1 },
}
local head = nn.sequential {
  nn.conv2d { name = "wide", out = 32, kernel = 3, padding = 1 }, nn.relu, nn.avg_pool2d {},
  nn.flatten, nn.dropout { p = 0.2 }, nn.linear { name = "classify", out = 10 },
}

local x = stem(image)
x = nn.relu(x + block(x))
x = nn.max_pool2d { kernel = 3, stride = 2, padding = 1 }(x)
local answer = head(x)

return nn.model {
  name    = "residual",
  data    = "mnist",
  train   = { epochs = 5, batch = 64, optimizer = nn.adam { lr = 2e-3 },
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
  metrics = { accuracy = nn.equal(nn.argmax(answer), digit) },
}
