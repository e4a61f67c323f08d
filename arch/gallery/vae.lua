-- A variational autoencoder (D. Kingma, M. Welling, Auto-encoding variational Bayes, 2014): digits as a normal
-- distribution of 8 numbers, and pictures of draws from it.
local nn = require "nn"

local image = nn.input("image", {1, 28, 28}, { scale = 1 / 255 })
local size = 8

local hidden = nn.relu(nn.linear { name = "encode", out = 400 } (nn.flatten(image)))
local mean = nn.linear { name = "mean", out = size } (hidden)
local log_variance = nn.linear { name = "log_variance", out = size } (hidden)

local decoder = nn.sequential {
  nn.linear { name = "decode", out = 400 }, nn.relu,
  nn.linear { name = "picture", out = 784 },
}
local picture = decoder(mean + nn.exp(log_variance / 2) * nn.randn({size}, { name = "noise" }))
local sample  = nn.sigmoid(decoder(nn.randn({size}, { name = "z" })))

-- Both are sums over the elements of a sample.
local error = nn.sum(nn.bce_with_logits(picture, nn.flatten(image), { reduction = "none" }))
local divergence = nn.sum(mean ^ 2 + nn.exp(log_variance) - log_variance - 1) / 2

return nn.model {
  data    = "mnist",
  train   = { epochs = 20, batch = 128, loss = error + divergence, optimizer = nn.adam { lr = 1e-3 } },
  predict = { image = nn.reshape(sample, {1, 28, 28}) },
  metrics = { error = error, divergence = divergence },
}
