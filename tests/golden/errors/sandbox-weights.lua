local nn = require "nn"
local x = nn.input("x", {16000000})
local y = nn.linear { name = "huge", out = 16000000 }(x)
local z = nn.conv2d { name = "wide", out = 1000000, kernel = 1 }(nn.input("z", {1, 1000, 1000}))
