-- Every function of nodes: powers, masks, choices, the element-wise layers that other models have not.
local nn = require "nn"
local x, t = nn.input("x", {3, 6, 7}), nn.target("t", {9})
local l = nn.label("l", 5)
local y = nn.conv2d { name = "c", out = 10, kernel = 3 }(x)
y = nn.elu { alpha = 0.7 }(y) + nn.hardswish(y) * nn.hardsigmoid(y)
y = nn.mish(y) + nn.relu6(3 * y)
y = nn.where(nn.greater(y, 0.5), nn.log(1 + nn.abs(y)), nn.square(y) - y ^ 3)
y = nn.maximum(y, nn.minimum(0.25 * y, nn.exp(-nn.clamp(y, -2, 1.5))))
y = nn.max_pool2d(y)
local h = nn.linear { name = "f", out = 9 }(nn.flatten(y))
local o = nn.sqrt(nn.sigmoid(h)) - nn.detach(h) * 0.1
local a = nn.linear { name = "a", out = 5 }(o ^ 1.5 + (1 + o * o) ^ -0.5 + (o ^ 2 + 0.1) ^ 0.3)
local mask = nn.less_equal(t, 0.3)
return nn.model { name = "functions",
  train = { epochs = 1, batch = 8, loss = nn.mse(o * mask, t * mask) + nn.cross_entropy(a, l), optimizer = nn.adam {} },
  predict = { o = o, a = nn.argmax(a) },
  metrics = { hit = nn.equal(nn.argmax(a), l), three = nn.equal(l, 3), low = nn.less(nn.argmax(a), l) },
}
