-- The price of a diamond, in dollars, from its measures and grades: a network of linear layers that
-- learns the logarithm. README.md says how it is trained.
local nn = require "nn"

local measures = nn.input("features", {6}, { mean = "train", std = "train" })  -- carat, depth, table, x, y, z
local cut, color, clarity = nn.label("cut", 5), nn.label("color", 7), nn.label("clarity", 8)
local price = nn.target("price", {1})

local seen = nn.concat { measures, nn.one_hot(cut), nn.one_hot(color), nn.one_hot(clarity) }
local log_price = nn.sequential {
  nn.linear { out = 64 }, nn.relu, nn.linear { out = 64 }, nn.relu,
  nn.linear { out = 1, init = { bias = nn.constant(8) } },  -- the mean of log(price) is 7.8
} (seen)
local guess = nn.exp(log_price)

return nn.model {
  train = {
    epochs = 20, batch = 128, loss = nn.mse(log_price, nn.log(price)),
    optimizer = nn.adam { lr = 2e-3 * (1 - nn.step / nn.steps) },
    keep = "best",
  },
  predict = { price = guess },
  metrics = {
    mae = nn.mean(nn.abs(guess - price)),  -- in dollars
    r2 = 1 - nn.overall((guess - price) ^ 2) / (nn.overall(price ^ 2) - nn.overall(price) ^ 2),
  },
}
