local nn = require "nn"
local a = nn.input("a", {1, 2, 3, 4, 5})
local b = nn.input("b", { scale = 1 / 255 })
local c = nn.input("c", 14)
local d = nn.input("d", {1, -14})
local e = nn.input({1, 14})
local f = nn.label("f")
local g = nn.label("g", 0)
local h = nn.input("h", {16777216, 16777216, 16777216})
