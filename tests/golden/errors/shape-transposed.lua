local nn = require "nn"
local x, q = nn.input("x", {6, 8, 5}), nn.input("q", {6, 10})
local a = nn.conv_transpose2d { name = "a", out = 4, kernel = 3 }(q)
local b = nn.conv_transpose2d { name = "b", out = 4, kernel = 3, output_padding = 1 }(x)
local c = nn.conv_transpose2d { name = "c", out = 4, kernel = 3, groups = 3 }(x)
local d = nn.conv_transpose2d { name = "d", out = 4, kernel = 1, padding = 4 }(x)
local e = nn.conv_transpose2d { name = "e", out = 4, kernel = 3, padding = "same" }(x)
local f = nn.conv_transpose2d { name = "f", kernel = 3 }(x)
