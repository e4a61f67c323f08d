-- error: attempt to perform 'n%0'
pcall(function() return 1 // 0 end)
pcall(function() return 1 << 1e300 end)
pcall(function() return "x" + 1 end)
pcall(function() return 2 ^ 63 | 0 end)
local a = math.mininteger // -1 + math.mininteger % -1 + ("0x" .. ("f"):rep(1000)) + (1 << 64) + 1e308 * 10
local b = 1 % 0
