-- Layers with states, each with a loss of its own.
local nn = require "nn"

local x = nn.input("x", {9, 5})
local layers = {
  nn.gru { name = "gru", hidden = 20, layers = 2, bidirectional = true },
  nn.lstm { name = "lstm", hidden = 16, layers = 2, bidirectional = true, last = true },
  nn.rnn { name = "rnn", hidden = 33, last = true },
  nn.gru { name = "plain", hidden = 32, bias = false, last = true },
  nn.lstm { name = "states", hidden = 7 },
}
local loss, predict = 0, {}
for i, layer in ipairs(layers) do
  local y = layer(x)
  loss = loss + nn.mse(y, nn.target("t" .. i, y.shape))
  predict["y" .. i] = y
end

return nn.model {
  name = "recurrent",
  train = { epochs = 1, batch = 10, optimizer = nn.sgd {}, loss = loss },
  predict = predict,
}
