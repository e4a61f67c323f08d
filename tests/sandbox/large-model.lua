-- error: the model is too large
local nn = require "nn"
local x = nn.input("x", { 4096 })
for i = 1, 1e9 do x = nn.linear { out = 4096 }(x) end
