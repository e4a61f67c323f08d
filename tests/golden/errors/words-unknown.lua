local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.liner { out = 10 }
local b = nn.Conv2d { out = 3, kernel = 3 }
local c = nn.glu(image)
local answer = a(nn.flatten(imagee))
return nn.model {
  data    = "mnist",
  train   = { epochs = 1, batch = 10, optimizer = nn.adam {},
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
}
