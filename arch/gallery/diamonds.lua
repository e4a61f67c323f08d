-- Prices of diamonds: three properties as words, the others as numbers. `nngen data diamonds.csv --target price
-- --categorical cut,color,clarity --val-split 0.1 --test-split 0.1 -o diamonds.safetensors` makes the set.
local nn = require "nn"

local numbers = nn.input("features", {6}, { mean = "train", std = "train" })
local price   = nn.target("price", {1})

local function word(name, classes, dim)
  return nn.embedding { name = name, dim = dim } (nn.label(name, classes))
end

local x = nn.concat { numbers, word("cut", 5, 3), word("color", 7, 4), word("clarity", 8, 4), axis = 1 }
local y = nn.sequential {
  nn.linear { name = "fc1", out = 128, bias = false }, nn.batch_norm1d { name = "norm1" }, nn.relu,
  nn.linear { name = "fc2", out = 64, bias = false }, nn.batch_norm1d { name = "norm2" }, nn.relu,
  nn.linear { name = "fc3", out = 1 },
} (x)
local t = nn.log(price) - 7.8             -- near its mean

return nn.model {
  train   = { epochs = 20, batch = 128, loss = nn.mse(y, t),
              optimizer = nn.adamw { lr = 5e-3 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2, weight_decay = 0.01 } },
  predict = { price = nn.exp(y + 7.8) },
  metrics = { r2 = 1 - nn.overall((y - t) ^ 2) / (nn.overall(t ^ 2) - nn.overall(t) ^ 2) },
}
