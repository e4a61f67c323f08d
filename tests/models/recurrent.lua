-- Layers with states over sequences: several layers, both directions, final states, dropout between
-- layers, without biases, one layer on two values; units that are whole rows of 16 and that are not.
local nn = require "nn"

local x = nn.input("x", {6, 5})
local y = nn.input("y", {6, 5})
local single = nn.input("single", {1, 4})
local t = nn.target("t", {3})
local level = nn.target("level", {6, 7})

local deep = nn.gru { name = "deep", hidden = 20, layers = 2, bidirectional = true, dropout = 0.3 }
local memory = nn.lstm { name = "memory", hidden = 16, last = true, bidirectional = true }
local shared = nn.lstm { name = "shared", hidden = 7, layers = 2 }
local plain = nn.rnn { name = "plain", hidden = 37, bias = false, last = true,
                       init = { weight = nn.xavier_uniform(0.5) } }
local one = nn.gru { hidden = 3 }(single)

local top = memory(deep(x))
local ahead = nn.concat { top, plain(y), nn.flatten(one) }
local out = nn.linear { name = "out", out = 3 }(ahead)

return nn.model {
  name = "recurrent",
  train = { epochs = 2, batch = 8, optimizer = nn.sgd { lr = 0.05 },
            loss = nn.mse(out, t) + nn.mse(shared(x) + shared(y), level) },
  predict = { out = out, level = shared(x) },
}
