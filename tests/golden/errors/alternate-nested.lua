local nn = require "nn"
local x, t = nn.input("x", {4}), nn.target("t", {2})
local a, b = nn.linear { name = "a.fc", out = 4 }, nn.linear { name = "b.fc", out = 2 }
local y = b(nn.relu(a(x)))
local loss, sgd = nn.mse(y, t), nn.sgd { lr = 0.1 }
local one, two = { steps = 1, loss = loss, optimizer = sgd, train = "a.*" }, { steps = 1, loss = loss, optimizer = sgd, train = "b.*" }
return nn.model {
  train = {
    nn.alternate { epochs = 1, batch = 8, nn.alternate { epochs = 1, batch = 8, one, two }, two },
    nn.alternate { epochs = 1, batch = 8, one, loss },
    nn.alternate { epochs = 1, batch = 8, one, two, [4] = one },
    nn.alternate(2),
  },
}
