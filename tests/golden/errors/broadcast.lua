local nn = require "nn"
local x, v = nn.input("x", {3, 8, 6}), nn.input("v", {8})
local a = x + v
local b = nn.maximum(v, nn.sum(x, { axis = 1 }))
local c = nn.where(nn.less(x, v), 1, 0)
local d = nn.mse(nn.mean(x, { axis = 1 }), nn.mean(x, { axis = { 1, 2 } }))
local e = nn.equal(nn.argmax(nn.slice(nn.reshape(v, { 2, 4 }), 2, 1, 3)), v)
local big = nn.input("big", {16777216})
local f = big * nn.mean(x, { axis = 3, keepdim = true })
