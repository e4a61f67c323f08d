-- error: in it
local nn = require "nn"
local t = { [math.maxinteger] = nn.relu, [math.mininteger] = nn.relu, [1e300] = 1, [-0.5] = 2 }
t[#t + 1] = nn.relu
pcall(table.insert, t, math.maxinteger, 1)
pcall(table.remove, t, math.mininteger)
pcall(table.unpack, t, math.mininteger, math.maxinteger)
pcall(select, math.mininteger, 1)
pcall(string.byte, ("x"):rep(1e7), 1, -1)
for k, v in pairs(t) do t[k] = nil end
t[1], t[3] = nn.relu, nn.relu
t[math.maxinteger] = nn.relu
nn.sequential(t)
nn.conv2d(t)
