-- Slices of images along every axis, with steps, of fields, of values with columns in lanes, and overlapping ones; joined
-- again along other axes.
local nn = require "nn"
local x, v, t = nn.input("x", {5, 8, 9}), nn.input("v", {37}), nn.target("t", {4})
local y = nn.conv2d { name = "c", out = 20, kernel = 3, padding = 1 }(nn.slice(x, 1, 2, 4))
local n = nn.layer_norm { name = "n" }(y)                                        -- columns in lanes
local left, right = nn.slice(y, -1, 1, 6), nn.slice(n, -1, 4)
local both = nn.concat { left, right, axis = 2 }                                 -- (20, 16, 6)
local some = nn.concat { nn.slice(both, 1, 1, -1, 6), nn.slice(nn.slice(n, 3, 2, 7), 1, 5, 8), axis = -2 }  -- (4, 24, 6)
local h = nn.linear { name = "h", out = 11 }(nn.concat { nn.flatten(nn.max_pool2d(some)), nn.slice(v, 1, -9), nn.slice(v, 1, 1, 37, 4) })
local o = nn.linear { name = "o", out = 4 }(nn.slice(nn.tanh(h), 1, 3, 9))
return nn.model { name = "slices",
  train = { epochs = 1, batch = 8, optimizer = nn.adamw {}, loss = nn.mse(o, t) },
  predict = { o = o, some = some, odd = nn.slice(x, 2, 1, -1, 2) },
}
