-- nngen: --dump=merge
-- Two images through shared layers, once for both; what depends on their difference comes after.
local nn = require "nn"

local a, b, same = nn.input("a", {2, 5, 5}), nn.input("b", {2, 5, 5}), nn.label("same", 2)
local eye = nn.sequential {
  nn.conv2d { out = 3, kernel = 2 }, nn.relu, nn.max_pool2d {}, nn.dropout { p = 0.25 },
  nn.flatten,
  nn.linear { out = 6 }, nn.tanh,
}
local x, y = eye(a), eye(b)
local logits = nn.linear { out = 2 }(x - y)
return nn.model {
  train = { epochs = 1, batch = 4, optimizer = nn.sgd { lr = 0.1 },
            loss = nn.cross_entropy(logits, same) },
  predict = { same = nn.argmax(logits), x = x },
}
