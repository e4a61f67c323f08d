-- error: too large
local nn = require "nn"
for i = 1, 1e9 do nn.input(("p"):rep(50) .. i, { 1 }) end
