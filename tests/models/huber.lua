-- Columns and one of classes, which has a vector for each class: a price, by losses that outliers hardly pull.
local nn = require "nn"
local columns, kind, price = nn.input("columns", {9}, { mean = "train", std = "train" }), nn.label("kind", 7), nn.target("price", {1})

local y = nn.sequential {
  nn.linear { name = "fc1", out = 40 }, nn.silu, nn.linear { name = "fc2", out = 20 }, nn.silu, nn.linear { name = "fc3", out = 1 },
} (nn.concat { columns, nn.embedding { name = "kinds", dim = 5 }(kind) })

return nn.model {
  train   = { epochs = 1, batch = 32, loss = nn.huber(y, price, { delta = 0.5 }), optimizer = nn.adam { lr = 1e-3 } },
  predict = { price = y },
  metrics = { mae = nn.l1(y, price), r2 = 1 - nn.overall((y - price) ^ 2) / (nn.overall(price ^ 2) - nn.overall(price) ^ 2) },
}
