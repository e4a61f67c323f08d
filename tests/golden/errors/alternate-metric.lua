local nn = require "nn"
local x, t = nn.input("x", {4}), nn.target("t", {2})
local y = nn.linear { name = "b", out = 2 }(nn.relu(nn.linear { name = "a", out = 4 }(x)))
local loss, sgd = nn.mse(y, t), nn.sgd { lr = 0.1 }
return nn.model {
  train = nn.alternate { epochs = 1, batch = 8,
    { steps = 1, loss = loss, optimizer = sgd, train = "a" }, { steps = 1, loss = loss, optimizer = sgd, train = "b" } },
  metrics = {
    loss_1 = nn.l1(y, t),
    loss_3 = nn.l1(y, t),
    loss = nn.l1(y, t) },
}
