local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.conv2d { out = 0, kernel = 3 }
local b = nn.conv2d { out = 4, kernel = 3, stride = 0 }
local c = nn.conv2d { out = 4, kernel = 3, padding = -1 }
local d = nn.dropout { p = 1.5 }
local e = nn.leaky_relu { slope = 0/0 }
local f = nn.linear { out = 1e99 }
local g = nn.linear { out = 20000000 }
local h = nn.uniform(2, 1)
local i = nn.normal(0, -1)
local j = nn.normal(0, 0/0)
