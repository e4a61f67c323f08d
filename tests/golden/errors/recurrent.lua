local nn = require "nn"
local x, v = nn.input("x", {7, 5}), nn.input("v", {5})
local image, word = nn.input("image", {3, 8, 8}), nn.label("word", 30, {7})
local a = nn.gru { hidden = 8 }(v)
local b = nn.lstm { hidden = 8, name = "b" }(image)
local c = nn.rnn { hidden = 8 }(word)
local d = nn.gru { layers = 2 }
local e = nn.gru { hidden = 0 }
local f = nn.lstm { hidden = 8, num_layers = 2 }
local g = nn.lstm { hidden_size = 8 }
local h = nn.gru { hidden = 8, dropout = 1.5 }
local i = nn.gru { hidden = 8, name = "i" }
local j, k = i(x), i(nn.input("wide", {7, 6}))
local l = nn.gru(x)
local m = nn.lstm { hidden = 8, last = "yes" }
