local nn = require "nn"
local x, l = nn.input("x", {3, 8, 6}), nn.label("l", 4)
local a = nn.slice(x, 4, 1)
local b = nn.slice(x, 1, 0)
local c = nn.slice(x, 2, 5, 4)
local d = nn.slice(x, 2, 3, 9)
local e = nn.slice(x, -1, -7)
local f = nn.slice(x, 1, 1, 3, 0)
local g = nn.slice(x, 1)
local h = nn.slice(x, 1, 1.5)
local i = nn.slice(l, 1, 1)
local j = nn.slice(x, 1, 1, "end")
local k = nn.concat { x, x, axis = 4 }
local m = nn.concat { x, nn.slice(x, 2, 1, 3), axis = 3 }
local n = nn.concat { x, x, dim = 1 }
local o = nn.one_hot(x)
local p = nn.one_hot(l, { axis = 2 })
local q = nn.one_hot(l, { classes = 4 })
local r = nn.concat { nn.sum(x), nn.sum(x) }
