local nn = require "nn"
local x, q = nn.input("x", {6, 8, 6}), nn.input("q", {6, 10})
local a = nn.upsample(q)
local b = nn.upsample { scale = 1.5 }(x)
local c = nn.upsample { mode = "bicubic" }(x)
local d = nn.upsample { scale = 1000 }(nn.upsample { scale = 1000 }(nn.upsample { scale = 100 }(x)))
local e = nn.pixel_shuffle(x)
local f = nn.pixel_shuffle { factor = 0 }
local g = nn.global_avg_pool2d(q)
local h = nn.global_avg_pool2d { size = 2 }(x)
local i = nn.adaptive_avg_pool2d { size = { 2, 0 } }(x)
local j = nn.adaptive_avg_pool2d(q)
