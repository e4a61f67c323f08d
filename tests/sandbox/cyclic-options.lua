-- error: wants
local nn = require "nn"
local t = {}
t.out, t.kernel, t.stride, t.name, t.init, t.bias = t, t, t, t, t, t
t.weight = t
nn.linear(t)
nn.conv2d(t)
nn.linear { out = 3, init = t }
nn.adam { lr = t }
nn.concat { t, t }
nn.input("x", t)
