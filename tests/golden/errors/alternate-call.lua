local nn = require "nn"
local x, t = nn.input("x", {4}), nn.target("t", {4})
return nn.model { train = nn.alternate "gan", metrics = { error = nn.mse(x, t) } }
