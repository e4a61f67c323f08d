local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.conv2d { name = "first", out = 6, kernel = 3 }(image)
local b = nn.conv2d { name = "second", out = 8, kernel = 3, groups = 4 }(a)
local answer = nn.linear { out = 10 }(nn.flatten(b))
return nn.model {
  data    = "mnist",
  train   = { epochs = 1, batch = 10, optimizer = nn.adam {},
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
}
