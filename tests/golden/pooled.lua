-- nngen: --dump=commute
-- Gradients of activation and dropout go in front of the gradient of the pool.
local nn = require "nn"

local image, kind = nn.input("image", {2, 8, 8}), nn.label("kind", 4)
local net = nn.sequential {
  nn.conv2d { name = "conv", out = 5, kernel = 3 }, nn.relu, nn.max_pool2d {}, nn.dropout { p = 0.25 },
  nn.conv2d { name = "small", out = 3, kernel = 2 }, nn.relu,
  nn.flatten, nn.linear { name = "out", out = 4 },
}
local logits = net(image)

return nn.model {
  name    = "pooled",
  train   = { epochs = 1, batch = 8, optimizer = nn.sgd { lr = 0.1 },
              loss = nn.cross_entropy(logits, kind) },
  predict = { kind = nn.argmax(logits) },
}
