local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local small = nn.max_pool2d { kernel = 8 }(image)
local conv = nn.conv2d { name = "conv", out = 4, kernel = 5 }
local answer = nn.linear { out = 10 }(nn.flatten(conv(small)))
return nn.model {
  data    = "mnist",
  train   = { epochs = 1, batch = 10, optimizer = nn.adam {},
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
}
