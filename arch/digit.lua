-- The network learns digits alone; the comparison of the two answers is made outside it.
local nn = require "nn"

local left, right = nn.input("left", {1, 14, 14}), nn.input("right", {1, 14, 14})
local left_digit, right_digit = nn.label("left_digit", 10), nn.label("right_digit", 10)
local comparison = nn.label("comparison", 2)

local trunk  = require "trunk"
local digit  = nn.linear { name = "digit", out = 10 }
local da, db = digit(trunk(left)), digit(trunk(right))

local first, second = nn.argmax(da), nn.argmax(db)
local verdict       = nn.less_equal(first, second)

return nn.model {
  name    = "digit",
  data    = "mnist-pairs",
  train   = { epochs = 100, batch = 100, optimizer = nn.adam { lr = 1e-3 },
              loss = nn.cross_entropy(da, left_digit) + nn.cross_entropy(db, right_digit) },
  predict = { left_digit = first, right_digit = second, comparison = verdict },
  metrics = { accuracy = nn.equal(verdict, comparison) },
}
