-- A shared layer, two phases with a frozen layer, a scheduled loss and learning rate.
local nn = require "nn"

local a, b = nn.input("a", {6}), nn.input("b", {6})
local kind, goal = nn.label("kind", 3), nn.target("goal", {3})
local shared = nn.linear { name = "shared", out = 5 }
local out = nn.linear { name = "out", out = 3 }

local x = out(nn.tanh(shared(a)) - nn.tanh(shared(b)))
local fit, near = nn.cross_entropy(x, kind), nn.mse(x, goal)

return nn.model {
  name    = "shared",
  train   = {
    { epochs = 4, batch = 10, optimizer = nn.adam { lr = 1e-2 * nn.cos(nn.step / nn.steps) },
      loss = fit + near * (nn.epoch / nn.epochs) },
    { epochs = 2, batch = 5, optimizer = nn.sgd { lr = 0.1, momentum = 0.9 }, loss = near,
      freeze = { "shared" } },
  },
  predict = { logits = x, kind = nn.argmax(x) },
  metrics = { accuracy = nn.equal(nn.argmax(x), kind), distance = near },
}
