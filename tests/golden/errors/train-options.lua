local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local answer = nn.linear { out = 10 }(nn.flatten(image))
return nn.model {
  train = {
    epochs = 1.5,
    batch = 100000,
    loss = nn.cross_entropy(answer, digit),
    optimiser = nn.adam {},
    shuffle = "yes",
  },
}
