-- error: the file runs too long
local nn = require "nn"
local list = {}
for i = 1, 100000 do list[i] = nn.relu end
while true do pcall(nn.sequential, list) end
