-- error: functions call each other too deeply
local nn = require "nn"
local s = nn.relu
for i = 1, 100000 do s = nn.sequential { s } end
s(nn.input("x", { 3 }))
