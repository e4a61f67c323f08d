local nn = require "nn"
local x, t = nn.input("x", {3, 8, 8}), nn.target("t", {2})
local y = nn.linear { out = 2 }(nn.flatten(x))
local a = nn.sum(x, { axis = 4 })
local b = nn.mean(x, { axis = 0 })
local c = nn.mean(x, { axis = { 1, -3 } })
local d = nn.sum(x, { axis = 1.5 })
local e = nn.sum(x, { axis = "last" })
local f = nn.sum(x, { axes = 1 })
local g = nn.mean(nn.sum(x), { axis = -1 })
local h = nn.sum(nn.mse(y, t))
local i = nn.mean(x, { axis = {} })
local j = nn.sum { axis = { 1, 4 } }(x)
local k = nn.mean("x")
return nn.model {
  train = { epochs = 1, batch = 10, loss = nn.sum((y - t) ^ 2, { axis = 1 }) + nn.mse(y, t), optimizer = nn.adam {} },
  metrics = { plane = nn.mean(x, { axis = 1 }), a = a + b + c + d + e + f + g + h + i + j + k },
}
