local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.linear { name = "fc 1", out = 20 }
local b = nn.linear { name = "", out = 20 }
local c = nn.linear { name = "\";system(1);//", out = 20 }
local d = nn.linear { name = ("x"):rep(65), out = 20 }
local e = nn.input("../image", {1})
local f = require "../trunk"
