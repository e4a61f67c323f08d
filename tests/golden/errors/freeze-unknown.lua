local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local answer = nn.sequential {
  nn.flatten, nn.linear { name = "hidden", out = 20 }, nn.relu, nn.dropout { name = "drop" },
  nn.linear { name = "last", out = 10 },
}(image)
return nn.model {
  train = {
    epochs = 1, batch = 10, optimizer = nn.adam {},
    loss = nn.cross_entropy(answer, digit),
    freeze = { "hiden", "drop", 3, "hidden.weight" },
  },
}
