-- Groups of parameters with rates, decays and moments of their own, and gradients that are clipped.
local nn = require "nn"

local x, y = nn.input("x", {3, 9, 9}), nn.label("y", 5)
local body = nn.sequential {
  nn.conv2d { name = "stem", out = 17, kernel = 3 }, nn.relu, nn.max_pool2d {}, nn.flatten,
  nn.linear { name = "body", out = 21 }, nn.layer_norm { name = "norm" }, nn.relu,
}
local answer = nn.linear { name = "head", out = 5 }(body(x))
local loss = nn.cross_entropy(answer, y)

return nn.model {
  name = "groups",
  predict = { y = nn.argmax(answer) },
  train = {
    { epochs = 1, batch = 60, loss = loss, clip_grad_norm = 0.3,
      optimizer = nn.adamw { lr = 1e-2, weight_decay = 0.1, groups = {
        { match = { "*bias", "norm" }, weight_decay = 0 },
        { match = "head.*", lr = 1e-3 / (1 + nn.step), beta1 = 0.8 } } } },
    { epochs = 1, batch = 60, loss = loss, train = { "head", "b?dy.*" }, clip_grad_value = 1e-3,
      optimizer = nn.sgd { lr = 0.1, groups = {
        { match = "*.weight", momentum = 0.9 }, { match = "*", lr = 0.2, weight_decay = 0.1 } } } },
    { epochs = 1, batch = 60, loss = loss, freeze = "stem",
      optimizer = nn.rmsprop { lr = 1e-3, groups = {
        { match = "head", momentum = 0.5 }, { match = "norm", centered = true } } } },
  },
}
