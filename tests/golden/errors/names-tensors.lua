-- Tensors of one name: of a layer and an own parameter, in both orders, and of a tied layer.
local nn = require "nn"
local v, t = nn.input("v", {7}), nn.target("t", {7})
local lin = nn.linear { name = "lin", out = 7 }
local y = lin(v)
local a = nn.parameter("lin.bias", {7}, { init = nn.ones })
local b = nn.parameter("late.weight", {7, 7}, { init = nn.ones })
local c = nn.linear { name = "late", out = 7 }(v)
local d = nn.parameter("tied.weight", {7, 7}, { init = nn.ones })
local e = nn.linear { name = "tied", tie = lin }(v)
local f = nn.linear { name = "again", tie = lin }(v)
local g = nn.parameter("again.weight", {7, 7}, { init = nn.ones })
