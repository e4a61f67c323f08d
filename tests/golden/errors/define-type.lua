-- nngen: -D hidden=many -D flat=1
local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local hidden, flat = nn.param("hidden", 10), nn.param("flat", true)
local other = nn.param("other")
local third = nn.param("th ird", 3)
local answer = nn.linear { out = hidden }(nn.flatten(image))
return nn.model {
  data    = "mnist",
  train   = { epochs = 1, batch = 10, optimizer = nn.adam {},
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
}
