-- error: too much memory
local list, s = {}, ("x"):rep(1 << 20)
for i = 1, 1000000 do list[i] = s end
table.concat(list, s)
