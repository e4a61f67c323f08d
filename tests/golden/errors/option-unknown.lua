local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local answer = nn.sequential {
  nn.conv2d {
    name = "conv",
    out = 8,
    kernal = 3,
  },
  nn.flatten, nn.linear { name = "fc", out = 10, units = 3 },
}(image)
return nn.model {
  data    = "mnist",
  train   = { epochs = 1, batch = 10, optimizer = nn.adam {},
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
}
