local nn = require "nn"
local x, t = nn.input("x", {4}), nn.target("t", {2})
local y = nn.linear { name = "b", out = 2 }(nn.relu(nn.linear { name = "a", out = 4 }(x)))
local sgd = nn.sgd { lr = 0.1 }
return nn.model {
  train = nn.alternate { epochs = 1, batch = 8,
    { steps = 1, optimizer = sgd, freeze = "*",
      loss = nn.mse(y, t) },
    { steps = 1, optimizer = sgd,
      loss = nn.mse(x, 0) } },
}
