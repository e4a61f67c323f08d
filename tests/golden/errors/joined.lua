local nn = require "nn"
local x, l = nn.input("x", {3, 8, 6}), nn.label("l", 4, {5})
local s = nn.stack { x, nn.slice(x, 2, 1, 3) }
local t = nn.stack { x, x, axis = 5 }
local u = nn.stack { x, x, dim = 2 }
local v = nn.stack(x, x)
local w = nn.pad(x, 3, -1, 2)
local y = nn.pad(x, 3, 1)
local z = nn.pad(x, 3, 1, 6, { mode = "reflect" })
local aa = nn.pad(x, 3, 1, 1, { mode = "replicate", value = 1 })
local ab = nn.pad(x, 3, 1, 1, { mode = "circular" })
local ac = nn.pad(l, 1, 1, 1, { value = 4 })
local ad = nn.concat { l, nn.label("m", 5, {5}) }
local ae = nn.concat { l, nn.select(nn.select(x, 1, 1), 2, 1) }
local af = nn.stack { nn.reshape(x, { 1, 3, 8, 6 }) }
local ag = nn.flip(nn.mse(x, 0), 1)
local ah = nn.reshape(3, { 1 })
local ai = nn.permute("x")
