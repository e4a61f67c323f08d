-- Mistakes of initialisers and defaults.
local nn = require "nn"
local x = nn.input("x", {3, 8, 8})
nn.defaults { init = 3 }
nn.defaults {}
local a = nn.linear { out = 3, init = nn.dirac }(nn.flatten(x))
local b = nn.conv2d { out = 3, kernel = 3, init = { bias = nn.orthogonal } }(x)
local c = nn.conv2d { out = 3, kernel = 3, init = nn.dirac { rest = nn.dirac } }(x)
local d = nn.conv2d { out = 3, kernel = 3, init = nn.dirac(0.5) }(x)
local e = nn.trunc_normal { std = -1 }
local f = nn.parameter("f", {5}, { init = nn.orthogonal(2) })
