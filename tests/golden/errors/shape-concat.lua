local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.max_pool2d {}(image)
local b = nn.concat { image, a }
local answer = nn.linear { out = 10 }(nn.flatten(b))
return nn.model {
  data    = "mnist",
  train   = { epochs = 1, batch = 10, optimizer = nn.adam {},
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
}
