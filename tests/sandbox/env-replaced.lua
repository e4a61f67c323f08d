-- harmless
local nn = require "nn"
local kept = { tostring = tostring }
_ENV = kept
_G = kept
x = nn.input("x", {3})
local function inner(_ENV) y = nn.linear { out = 2 }(x); return y end
return nn.model { name = "m", train = { epochs = 1, batch = 1, optimizer = nn.sgd {},
                                        loss = nn.mse(inner { x = x }, 0) } }
