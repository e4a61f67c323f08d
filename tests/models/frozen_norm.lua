-- Normalisation by running values in training, frozen before a linear layer on all of an image.
local nn = require "nn"
local x, t = nn.input("x", { 3, 6, 6 }), nn.target("t", { 5 })
local y = nn.batch_norm2d { name = "norm" }(nn.conv2d { name = "conv", out = 20, kernel = 3 }(x))
local out = nn.linear { name = "out", out = 5 }(nn.flatten(y))
return nn.model {
  name = "frozen_norm",
  train = { epochs = 1, batch = 20, loss = nn.mse(out, t), optimizer = nn.sgd {}, freeze = { "norm" } },
  predict = { out = out },
}
