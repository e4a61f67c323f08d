local nn = require "nn"
local x = nn.input("x", {8})
local good = nn.linear { name = "block1.0.conv-a", out = 4 }
local a = nn.linear { name = ".a", out = 4 }
local b = nn.linear { name = "b.", out = 4 }
local c = nn.linear { name = "c..d", out = 4 }
local d = nn.input("left.image", {8})
local e = nn.input("y", {8}, { array = "a.b" })
return nn.model { name = "a.b", predict = { ["a.b"] = good(x) } }
