-- The same value on both sides: of every operation with two, of losses, some of them only outside
-- training, where dropout vanishes, and of metrics and predictions.
local nn = require "nn"
local x, l, t = nn.input("x", {3, 7, 6}), nn.label("l", 9), nn.target("t", {9})
local y = nn.conv2d { name = "k", out = 18, kernel = 3 }(x)
y = nn.concat { y, y }
y = nn.tanh(y * y) - (y - y) + (2 + nn.sigmoid(y)) / (2 + nn.sigmoid(y))
local f = nn.linear { name = "f", out = 21 }(nn.flatten(y))
f = nn.concat { f, f + f }
local a = nn.linear { name = "a", out = 9 }(f)
local drop = nn.dropout { p = 0.3 }
return nn.model {
  name = "equal",
  train = { epochs = 1, batch = 37, optimizer = nn.adam { lr = 1e-3 },
            loss = nn.cross_entropy(a, l) + nn.cross_entropy(a, l) + nn.mse(drop(a), a)
              + nn.mse(nn.relu(f), nn.relu(f)) + nn.bce_with_logits(a, a) + nn.mse(y, y)
              + 0.1 * nn.bce_with_logits(nn.flatten(y), nn.flatten(y)) },
  predict = { a = nn.argmax(a), same = nn.equal(f, f), below = nn.less_equal(y, y), left = a - a },
  metrics = { always = nn.equal(nn.argmax(a), nn.argmax(a)), label = nn.less_equal(l, l),
              data = nn.mse(t, t), input = nn.bce_with_logits(x, x), entropy = nn.bce_with_logits(a, a) },
}
