local nn = require "nn"
local x = nn.input("x", {3})
local a = x ^ 2
local b = x % 2
local c = x // 2
local d = x .. "a"
local e = #x
local f = x <= 3
local g = x.size
local h = -nn.relu
