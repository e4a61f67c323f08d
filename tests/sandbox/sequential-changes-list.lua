-- error: element 2 gave nothing, not a node
local nn = require "nn"
local list = {}
list[1] = function(x) for i = 1, 100 do list[i] = nil end return x end
list[2] = function(x) list[1] = error end
list[3] = nn.relu
local s = nn.sequential(list)
s(nn.input("x", { 3 }))
