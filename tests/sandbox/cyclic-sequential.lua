-- error: layers and functions can be chained
local nn = require "nn"
local t = {}
t[1], t[2] = t, nn.sequential(t)
nn.sequential(t)(nn.input("x", { 3 }))
