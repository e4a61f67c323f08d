local nn = require "nn"
local x = nn.input("x", {1})
local list = {}
for i = 1, 1000 do list[i] = x end
while true do nn.concat(list) end
