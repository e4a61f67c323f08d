-- error: wants a number, got 0/0
local nn = require "nn"
local list = {}
for i = 1, 1000 do list[i] = i % 3 == 0 and 0 / 0 or -i end
table.sort(list)
table.sort(list, function(a, b) return not (a < b) end)
nn.dropout { p = 0 / 0 }
