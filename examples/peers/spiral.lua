-- Which arm of a spiral does a point belong to?
local nn = require "nn"

local point, arm = nn.input("point", {2}), nn.label("arm", 3)

local net = nn.sequential {
  nn.linear { name = "fc1", out = 32 }, nn.tanh,
  nn.linear { name = "fc2", out = 32 }, nn.tanh,
  nn.linear { name = "out", out = 3 },
}
local logits = net(point)

return nn.model {
  name    = "spiral",
  train   = { epochs = 100, batch = 200, optimizer = nn.adam { lr = 5e-3 },
              loss = nn.cross_entropy(logits, arm) },
  predict = { arm = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), arm) },
}
