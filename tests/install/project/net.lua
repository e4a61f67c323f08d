-- Small, and named otherwise than some of what is made of it.
local nn = require "nn"

local x, y = nn.input("x", {4}), nn.target("y", {2})
local out = nn.sequential {
  nn.linear { name = "hidden", out = nn.param("hidden", 6) }, nn.tanh, nn.linear { name = "out", out = 2 },
}(x)

return nn.model {
  name    = "my-net",
  train   = { epochs = 1, batch = 8, loss = nn.mse(out, y), optimizer = nn.sgd {} },
  predict = { out = out },
}
