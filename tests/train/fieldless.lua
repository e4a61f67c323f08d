-- A model that reads no field: a generator learns the mean and the deviation of a distribution that the file draws.
local nn = require "nn"

local made = nn.sequential {
  nn.linear { name = "g.one", out = 24 }, nn.tanh, nn.linear { name = "g.two", out = 2 },
} (nn.randn({ 5 }, { name = "z" }))
local real = 3 + 0.5 * nn.randn({ 2 }, { name = "real" })
local distance = nn.mean((made - real) ^ 2)

return nn.model {
  name = "fieldless",
  train = { steps = 60, batch = 33, eval_every = 20, eval_samples = 100, loss = distance, optimizer = nn.adam { lr = 1e-2 } },
  predict = { point = made },
  metrics = { distance = distance, mean = nn.mean(made) },
}
