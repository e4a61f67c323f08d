local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local t = nn.target("t", {1})
local answer = nn.linear { out = 10 }(nn.flatten(image))
local y = nn.linear { out = 1 }(answer)
local loss = nn.mse(y, t)
local mean = nn.overall(t)
local centred = (y - mean) ^ 2
local several = nn.overall(answer)
local index = nn.overall(digit)
local again = nn.overall(mean)
local of_loss = nn.overall(loss)
local of_number = nn.overall(3)
local target = nn.mse(y, mean)
local bounded = nn.maximum(mean, 0)
local layer = nn.relu(mean)
local power = mean ^ digit
local rate = nn.adam { lr = mean }
return nn.model {
  train = { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss + 0.1 * mean },
  predict = { mean = mean },
  metrics = { variance = nn.overall(t ^ 2) - mean ^ 2, relative = nn.sqrt(loss / nn.overall(t ^ 2)), wide = answer },
}
