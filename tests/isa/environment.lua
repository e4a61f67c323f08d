-- Small, and with everything that adds up or calls functions: direct and Winograd convolutions, pooling,
-- dropout, the sparse backward, tanh and sigmoid, a schedule, decaying weights, two losses.
local nn = require "nn"
local image, digit = nn.input("image", {1, 10, 10}), nn.label("digit", 5)
local trunk = nn.sequential {
  nn.conv2d { name = "c1", out = 16, kernel = 3, padding = 1 }, nn.relu, nn.max_pool2d {}, nn.dropout { p = 0.25 },
  nn.conv2d { name = "c2", out = 16, kernel = 3, padding = 1 }, nn.relu,
  nn.flatten, nn.linear { name = "f1", out = 32 }, nn.tanh,
}
local hidden = trunk(image)
local answer = nn.linear { name = "f2", out = 5 }(hidden)
local gate = nn.sigmoid(nn.linear { name = "f3", out = 1 }(hidden))
local loss = nn.cross_entropy(answer, digit) + 0.5 * nn.mse(gate, 0.25)
return nn.model {
  name = "environment",
  train = {
    { epochs = 1, batch = 64, loss = loss, optimizer = nn.adamw { lr = 1e-2 * nn.cos(1.5 * nn.step / nn.steps) } },
    { epochs = 1, batch = 64, loss = loss, optimizer = nn.sgd { lr = 1e-2, momentum = 0.9, weight_decay = 1e-4 } },
    { epochs = 1, batch = 64, loss = loss,
      optimizer = nn.rmsprop { lr = 1e-3, momentum = 0.5, centered = true } },
  },
  predict = { digit = nn.argmax(answer) },
  metrics = { accuracy = nn.equal(nn.argmax(answer), digit) },
}
