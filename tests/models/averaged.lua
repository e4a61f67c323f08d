-- Updates by several batches, averages of weights, and the optimizers with more moments.
local nn = require "nn"

local x, y = nn.input("x", {2, 7, 8}), nn.label("y", 4)
local body = nn.sequential {
  nn.conv2d { name = "stem", out = 18, kernel = 3 }, nn.relu, nn.flatten, nn.linear { name = "body", out = 19 }, nn.tanh,
}
local answer = nn.linear { name = "head", out = 4 }(body(x))
local loss = nn.cross_entropy(answer, y)

return nn.model {
  name = "averaged",
  predict = { y = nn.argmax(answer) },
  train = {
    { epochs = 1, batch = 60, loss = loss, accumulate = 3, ema = 0.9, clip_grad_norm = 0.4,
      optimizer = nn.adam { lr = 1e-2, beta2 = 0.7, amsgrad = true, weight_decay = 0.01 } },
    { epochs = 1, batch = 60, loss = loss, freeze = "stem", optimizer = nn.adagrad {} },
    { epochs = 1, batch = 60, loss = loss, freeze = "body.weight", ema = 0.5, optimizer = nn.nadam { weight_decay = 0.1 } },
  },
}
