local nn = require "nn"
local a = nn.adam { learning_rate = 1e-3 }
local b = nn.adam { lr = -1e-3 }
local c = nn.adam { beta2 = 1 }
local d = nn.sgd { nesterov = true }
local e = nn.sgd { beta1 = 0.9 }
local f = nn.adamw(1e-3)
local g = nn.rmsprop { lr = "small", eps = -1 }
local h = nn.sgd { lr = nn.input("x", {3}) }
local i = nn.adam { lr = 1/0 }
