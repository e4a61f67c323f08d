-- Tables whose length is anything.
local nn = require "nn"
local list = {}
for i = 0, 62 do list[1 << i] = nn.relu end
local a = nn.sequential(list)
local b = nn.concat(list)
local c = nn.input("x", list)
local d = nn.conv2d { out = 3, kernel = list }
table.sort(list)
