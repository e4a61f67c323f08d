-- Convolutions below max-pools of every geometry: padding, stride, dilation, ragged channels.
local nn = require "nn"
local x = nn.input("image", {3, 21, 19})
local kind = nn.label("kind", 5)
local y = nn.sequential {
  nn.conv2d { name = "a", out = 17, kernel = 3, padding = 1 }, nn.relu, nn.max_pool2d { kernel = 2 },
  nn.conv2d { name = "b", out = 33, kernel = 3, padding = 1 }, nn.relu, nn.max_pool2d { kernel = 2 },
  nn.dropout { p = 0.2 },
  nn.conv2d { name = "c", out = 20, kernel = {2, 3}, dilation = {1, 2}, padding = {2, 3} }, nn.tanh,
  nn.max_pool2d { kernel = {3, 2} },
  nn.conv2d { name = "d", out = 40, kernel = 5, stride = 2, padding = 4 }, nn.relu,
  nn.max_pool2d { kernel = {1, 4}, stride = {1, 4} },
  nn.flatten, nn.linear { name = "e", out = 5 },
} (x)
return nn.model {
  name = "pooled",
  train = { epochs = 1, batch = 37, optimizer = nn.sgd { lr = 0.1, momentum = 0.9, nesterov = true, weight_decay = 1e-3 }, loss = nn.cross_entropy(y, kind) },
  predict = { kind = nn.argmax(y) },
}
