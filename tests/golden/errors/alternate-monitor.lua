local nn = require "nn"
local x, t = nn.input("x", {4}), nn.target("t", {2})
local y = nn.linear { name = "b", out = 2 }(nn.relu(nn.linear { name = "a", out = 4 }(x)))
local loss, sgd = nn.mse(y, t), nn.sgd { lr = 0.1 }
local one, two = { steps = 1, loss = loss, optimizer = sgd, train = "a" }, { steps = 1, loss = loss, optimizer = sgd, train = "b" }
return nn.model {
  train = {
    nn.alternate { epochs = 1, batch = 8, keep = "best", one, two },
    nn.alternate { epochs = 1, batch = 8,
      patience = 3, one, two },
    nn.alternate { epochs = 1, batch = 8, keep = "best", monitor = "val_loss", one, two },
    nn.alternate { epochs = 1, batch = 8, keep = "best", monitor = "val_loss_3", one, two },
    nn.alternate { epochs = 1, batch = 8, keep = "best", monitor = "val_loss_2", one, two },
    { epochs = 1, batch = 8, loss = loss, optimizer = sgd, keep = "best", monitor = "val_loss_1" },
  },
  metrics = { distance = nn.l1(y, t) },
}
