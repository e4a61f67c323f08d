-- What reads no field of data counts steps and says how many samples an evaluation has.
local nn = require "nn"
local unused = nn.input("image", {1, 28, 28})
local y = nn.linear { out = 3 }(nn.randn({8}))
return nn.model {
  data = "mnist",
  train = {
    { epochs = 3, batch = 10, loss = nn.mse(y, 1), optimizer = nn.sgd {} },
    { steps = 30, batch = 10, loss = nn.mse(y, 2), optimizer = nn.sgd {}, eval_samples = 100 },
    { steps = 30, batch = 10, loss = nn.mse(y, 2),
      optimizer = nn.sgd {} },
  },
}
