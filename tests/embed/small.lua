-- Every kind of thing that a file of weights, a step or a call has: means of the data, states, a further name of a
-- parameter, dropout, batches that share an update, averages, classes with names that JSON escapes.
local nn = require "nn"
local x = nn.input("features", {3}, { mean = "train", std = "train" })
local y = nn.label("arm", 3, { names = { 'a "quoted" one', "back\\slash\t", "ünï" } })
local first = nn.linear { name = "fc1", out = 12 }
local second = nn.linear { name = "fc2", out = 12, tie = first }
local net = nn.sequential {
  nn.linear { name = "in", out = 12 }, nn.batch_norm1d { name = "norm" }, nn.relu,
  first, nn.tanh, nn.dropout { p = 0.2 }, second, nn.tanh,
  nn.linear { name = "out", out = 3, init = nn.orthogonal(0.5) },
}
local logits = net(x)
return nn.model {
  name = "small",
  train = { epochs = 3, batch = 16, accumulate = 2, ema = 0.9, loss = nn.cross_entropy(logits, y),
    optimizer = nn.adamw { lr = 1e-2 * nn.cos(1.5 * nn.step / nn.steps), weight_decay = 0.1 } },
  predict = { p = nn.softmax(logits), arm = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), y) },
}
