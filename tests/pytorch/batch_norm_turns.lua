-- Layers that normalise by the batch in phases whose members take turns: `bn` is trained by the first one, and behaves as in
-- training for both; `still` by none, so that it normalises by its running values.
local nn = require "nn"
local x, t = nn.input("x", {6}), nn.target("t", {5})
local h = nn.tanh(nn.batch_norm1d { name = "bn" }(nn.linear { name = "fc1", out = 20 }(x)))
local y = nn.linear { name = "fc2", out = 5 }(nn.batch_norm1d { name = "still" }(h))
return nn.model {
  name = "batch_norm_turns",
  train = nn.alternate { epochs = 10, batch = 40, shuffle = false,
    { steps = 1, loss = nn.mse(y, t), optimizer = nn.sgd { lr = 0.1 }, train = { "fc1", "bn" } },
    { steps = 2, loss = nn.mse(y * y, t), optimizer = nn.sgd { lr = 0.05, momentum = 0.5 }, train = "fc2" } },
  predict = { out = y },
}
