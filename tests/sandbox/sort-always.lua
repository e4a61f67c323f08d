-- error: the file runs too long
local list = {}
for i = 1, 1000000 do list[i] = i end
while true do table.sort(list, function() return true end) end
