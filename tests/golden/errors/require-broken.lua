local nn = require "nn"
local trunk = require "part-broken"
local again = require "part-broken"
local x = trunk(nn.input("x", {3}))
local y = nn.linear { out = 3, bais = true }(x)
