local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local layer = nn.linear { name = "shared", out = 10 }
local answer = layer(nn.flatten(image))
local again = layer(answer)
local conv = nn.conv2d { name = "conv", out = 3, kernel = 1 }
local a = conv(image)
local b = conv(a)
return nn.model {
  data    = "mnist",
  train   = { epochs = 1, batch = 10, optimizer = nn.adam {},
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
}
