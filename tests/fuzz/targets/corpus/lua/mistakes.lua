local nn = require "nn"
local x = nn.input("x", {3, 8, 8})
local y = nn.linear { out = 3, kernal = 5 }(x)
local z = nn.conv2d { name = "two words", out = 0, kernel = "5" }(y + nothing)
nn.sequential { nn.relu, 5, nn.linear }(z)
local w = nn.concat { x, nn.flatten(x) } ^ 2
if x < y or #x == 3 then error("x") end
return nn.model { train = { epoch = 1, batch = 2.5, loss = x, freeze = { "conv" } }, metrics = { loss = y } }
