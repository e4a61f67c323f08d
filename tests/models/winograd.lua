-- 3x3 convolutions that go by Winograd's algorithm: padding, ragged outputs and channels, pools of
-- two sizes behind them, one layer on two inputs.
local nn = require "nn"
local left, right = nn.input("left", {2, 16, 17}), nn.input("right", {2, 16, 17})
local kind = nn.label("kind", 5)
local trunk = nn.sequential {
  nn.conv2d { name = "a", out = 17, kernel = 3 }, nn.leaky_relu { slope = 0.1 },
  nn.conv2d { name = "f", out = 17, kernel = 3 }, nn.relu,
  nn.conv2d { name = "b", out = 33, kernel = 3, padding = 1 }, nn.relu, nn.max_pool2d { kernel = 2 },
  nn.dropout { p = 0.2 },
  nn.conv2d { name = "c", out = 20, kernel = 3, padding = {2, 1} }, nn.tanh,
  nn.conv2d { name = "d", out = 16, kernel = 3, bias = false, padding = 2 }, nn.relu,
  nn.max_pool2d { kernel = 4 },
  nn.flatten,
}
local y = nn.linear { name = "e", out = 5 } (nn.concat { trunk(left), trunk(right) })
return nn.model {
  name = "winograd",
  train = { epochs = 1, batch = 37, optimizer = nn.adam {}, loss = nn.cross_entropy(y, kind) },
  predict = { kind = nn.argmax(y) },
}
