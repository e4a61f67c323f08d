local nn = require "nn"
local x, t = nn.input("x", {4}), nn.target("t", {2})
local a, b = nn.linear { name = "a.fc", out = 4 }, nn.linear { name = "b.fc", out = 2 }
local y = b(nn.relu(a(x)))
local loss, sgd = nn.mse(y, t), nn.sgd { lr = 0.1 }
local one, two = { steps = 1, loss = loss, optimizer = sgd, train = "a.*" }, { steps = 1, loss = loss, optimizer = sgd, train = "b.*" }
return nn.model {
  train = {
    nn.alternate { epochs = 1, batch = 8 },
    nn.alternate { epochs = 1, batch = 8, one },
    nn.alternate { epochs = 1, steps = 10, batch = 8, one, two },
    nn.alternate { batch = 8, one, two },
    nn.alternate { epochs = 1, one, two },
    nn.alternate { epochs = 1, batch = 8, optimizer = sgd, one, two },
    nn.alternate { epochs = 1, batch = 8, first = one, second = two },
    nn.alternate { epochs = 1, batch = 8,
      { loss = loss, optimizer = sgd, train = "a.*" },
      { steps = 0, loss = loss, optimizer = sgd, train = "b.*" } },
    nn.alternate { epochs = 1, batch = 8,
      { steps = 1, loss = loss, optimizer = sgd, accumulate = 2 },
      { steps = 1, epochs = 2, loss = loss, optimizer = sgd, ema = 0.9 } },
    nn.alternate { epochs = 1, batch = 8,
      { steps = 1, optimizer = sgd },
      { steps = 1, loss = loss, train = "c.*" } },
  },
}
