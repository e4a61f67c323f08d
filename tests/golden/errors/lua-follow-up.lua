-- What is done with the value of a mistake is no further mistake.
local nn = require "nn"
local x = nn.relv(nn.input("x", {3}))
local a, b, c, d = x ^ 2, x % 2, x // 2, x .. "a"
if x < 3 or #x > 3 then a = x.size + x[1] end
for k, v in pairs(x) do a = v end
for i = 1, #x.shape do a = a + nn.linear { name = "l" .. i, out = x.shape[i] }(x) end
local s = nn.sequential { x, nn.relu, nn.dropout { p = x } }
local y = s(nn.concat { x, a })
