local nn = require "nn"
local a = nn.input("a", {1e308, 2})
local b = nn.input("b", {math.maxinteger})
local c = nn.input("c", {0 / 0})
local x = nn.input("x", {1, 4096, 4096})
local d = nn.conv2d { name = "d", out = 16777216, kernel = 1024, padding = 1024 }(x)
local e = nn.conv2d { name = "e", out = 1, kernel = 2, padding = 1024 }(x)
local f = nn.linear { name = "f", out = math.huge }
local g = nn.linear { name = "g", out = 2.0 }(nn.flatten(x))
local h = nn.label("h", 1e300)
local i = nn.concat { x, x }
