local nn = require "nn"
local x, t = nn.input("x", {3, 8, 8}), nn.target("t", {2})
local y = nn.linear { out = 2 }(nn.flatten(x))
return nn.model {
  train = { { epochs = 1, batch = 10, loss = (y - t) ^ 2, optimizer = nn.adam {} },
            { epochs = 1, batch = 10, loss = nn.mse(y, t) + (y - t) ^ 2, optimizer = nn.adam {} } },
  metrics = { rows = nn.sum(x, { axis = { 1, 2 } }) },
}
