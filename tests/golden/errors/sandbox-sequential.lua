local nn = require "nn"
local s
s = nn.sequential { function(x) return s(x) end }
s(nn.input("x", {3}))
