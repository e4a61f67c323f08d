local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local body = nn.sequential { name = "body", nn.flatten, nn.linear { out = 10 } }
local both = nn.concat { image, image, dim = 1 }
local holes = nn.sequential { nn.flatten, nil, nn.relu }
local loss = nn.mse(nn.linear { name = "fc", out = 1 }(nn.flatten(image)), 0)
return nn.model {
  train = {
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss },
    shuffle = false,
  },
}
