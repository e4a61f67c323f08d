-- One channel in front of many: the gradient of its weight is a sum of terms that nearly cancel, off
-- by more than the bound of its value through nothing but roundings of the terms.
local nn = require "nn"
local x = nn.input("x", {1, 5, 13})
local l, t = nn.label("l", 13), nn.target("t", {11})
local y = 0.5 * x + nn.conv2d { name = "k1", out = 1, kernel = 1 }(x)
y = nn.tanh(y) * (1 - y)
y = nn.conv2d { name = "k3", out = 16, kernel = {3, 5}, stride = {1, 2}, padding = {1, 3} }(y)
y = nn.sigmoid(nn.conv2d { name = "k5", out = 19, kernel = 4, padding = 2 }(y))
local f = nn.relu(nn.linear { name = "fc", out = 11 }(nn.flatten(y)))
local a, b = nn.linear { name = "a", out = 13 }(f), nn.linear { name = "b", out = 11, bias = false }(f)
return nn.model {
  name = "cancel",
  train = { epochs = 1, batch = 15, optimizer = nn.sgd { lr = 0.01 },
            loss = nn.cross_entropy(a, l) + 0.5 * nn.mse(b, t) },
  predict = { a = a },
}
