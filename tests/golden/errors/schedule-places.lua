local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local answer = nn.linear { out = 10 }(nn.flatten(image))
local a = nn.linear { name = "a", out = nn.epochs }
local b = nn.dropout { p = nn.epoch / nn.epochs }
local c = nn.relu(nn.epoch)
local d = nn.adam { lr = answer }
local e = nn.exp(nn.cross_entropy(answer, digit))
return nn.model {
  train = { epochs = nn.epochs, batch = 10, optimizer = nn.adam { weight_decay = nn.epoch },
            loss = nn.epoch },
}
