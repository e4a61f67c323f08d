-- What no other model here has: groups, pools that overlap and have padding, channels that are put
-- together and taken apart, both other losses, all decisions.
local nn = require "nn"
local x, v = nn.input("x", {3, 7, 9}), nn.input("v", {5})
local l, t = nn.label("l", 19), nn.target("t", {6})
local y = nn.relu(nn.conv2d { name = "k", out = 18, kernel = 3, stride = {2, 1}, padding = {1, 2} }(x))
y = nn.concat { y, nn.conv2d { name = "g", out = 36, kernel = 3, padding = 1, groups = 18 }(y) }
y = nn.avg_pool2d { kernel = 3, stride = 2, padding = 1 }(y)
y = nn.max_pool2d { kernel = 2, stride = 1, padding = 1 }(nn.leaky_relu { slope = 0.1 }(y))
local f = nn.tanh(nn.linear { name = "f", out = 21 }(nn.flatten(y)))
f = nn.concat { nn.sigmoid(nn.linear { name = "v", out = 7 }(v)), f }
local a, b = nn.linear { name = "a", out = 19 }(f), nn.linear { name = "b", out = 6 }(f)
local ce = nn.cross_entropy(a, l)
return nn.model {
  name = "mixed",
  train = { epochs = 1, batch = 11, optimizer = nn.adam { lr = 1e-3 },
            loss = ce + 0.5 * nn.mse(b, t) + nn.bce_with_logits(b, nn.sigmoid(t)) },
  predict = { a = nn.argmax(a), b = b, f = f, y = y },
  metrics = { same = nn.equal(nn.argmax(a), l), below = nn.less_equal(nn.argmax(a), l), ce = ce,
              always = nn.equal(nn.argmax(a), nn.argmax(a)) }, -- counts every sample
}
