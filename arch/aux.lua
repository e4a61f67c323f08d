-- Compare two digits; learning the digits themselves is an auxiliary loss that fades.
local nn = require "nn"

local left, right = nn.input("left", {1, 14, 14}), nn.input("right", {1, 14, 14})
local left_digit, right_digit = nn.label("left_digit", 10), nn.label("right_digit", 10)
local comparison = nn.label("comparison", 2)

local trunk   = require "trunk"               -- calling it twice shares its weights
local digit   = nn.linear { name = "digit", out = 10 }
local compare = nn.sequential {
  nn.linear { name = "merge", out = 20 }, nn.relu,
  nn.linear { name = "compare", out = 2 },
}

local a, b    = trunk(left), trunk(right)
local da, db  = digit(a), digit(b)
local verdict = compare(nn.concat { a, b })

local digits  = nn.cross_entropy(da, left_digit) + nn.cross_entropy(db, right_digit)
local compared = nn.cross_entropy(verdict, comparison)
local beta    = (nn.epochs - nn.epoch) / nn.epochs     -- 1 in the first epoch, falling towards 0

return nn.model {
  name    = "aux",
  data    = "mnist-pairs",
  train   = { epochs = 100, batch = 100, optimizer = nn.adam { lr = 1e-3 },
              loss = beta * digits + (1 - beta) * compared },
  predict = { comparison = nn.argmax(verdict) },
  metrics = { accuracy = nn.equal(nn.argmax(verdict), comparison),
              digit_loss = digits, comparison_loss = compared },
}
