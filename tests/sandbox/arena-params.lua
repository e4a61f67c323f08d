-- error: too long
local nn = require "nn"
for i = 1, 1e9 do nn.param(("p"):rep(50) .. i, 1) end
