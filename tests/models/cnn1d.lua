-- A signal of three sensors through convolutions of one dimension: what does the wearer do?
local nn = require "nn"
local signal, activity = nn.input("signal", {3, 128}), nn.label("activity", 6)

local logits = nn.sequential {
  nn.conv1d { name = "conv1", out = 16, kernel = 7, padding = 3 }, nn.relu, nn.max_pool1d { kernel = 2 },
  nn.conv1d { name = "conv2", out = 32, kernel = 5, padding = "same" }, nn.relu, nn.max_pool1d { kernel = 2 },
  nn.conv1d { name = "conv3", out = 32, kernel = 3, dilation = 2 }, nn.relu,
  nn.mean { axis = 2 },
  nn.dropout { name = "drop", p = 0.2 }, nn.linear { name = "fc", out = 6 },
} (signal)

return nn.model {
  train   = { epochs = 1, batch = 32, loss = nn.cross_entropy(logits, activity), optimizer = nn.adam { lr = 1e-3 } },
  predict = { activity = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), activity) },
}
