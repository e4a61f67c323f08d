local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.conv2d { name = "a", out = "8", kernel = 3 }
local b = nn.conv2d { name = "b", out = 8, kernel = {3, 3, 3} }
local c = nn.conv2d { name = "c", out = 8, kernel = { 3, "3" }, bias = 1 }
local d = nn.linear { name = 7, out = 2.5 }
local e = nn.linear { name = "e", out = 5, init = 0.1 }
local f = nn.linear { name = "f", out = 5, init = { weight = nn.zeros, bias = {} } }
local g = nn.dropout(0.5)
local h = nn.linear { "h", 10 }
