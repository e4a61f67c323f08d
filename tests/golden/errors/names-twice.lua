local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.linear { name = "fc", out = 20 }
local b = nn.linear {
  out = 10,
  name = "fc",
}
local answer = b(a(nn.flatten(image)))
return nn.model {
  data    = "mnist",
  train   = { epochs = 1, batch = 10, optimizer = nn.adam {},
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
}
