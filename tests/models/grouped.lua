-- Group norms of images, signals and vectors, with groups of one channel, of some and of all; instance norms,
-- with weights and without.
local nn = require "nn"
local x, s, t = nn.input("x", {3, 5, 7}), nn.input("s", {6, 11}), nn.target("t", {3})
local y = nn.conv2d { name = "c", out = 24, kernel = 3, padding = 1 }(x)
y = nn.relu(nn.group_norm { name = "g", groups = 4 }(y))
y = y + nn.instance_norm2d(nn.conv2d { name = "c2", out = 24, kernel = 3, padding = 1 }(y))
y = nn.max_pool2d { kernel = {1, 2} }(nn.instance_norm2d { affine = true, name = "i" }(y))
local q = nn.group_norm { name = "sg", groups = 2 }(nn.conv1d { name = "c1", out = 20, kernel = 3 }(s))
local v = nn.group_norm { name = "vg", groups = 1, eps = 1e-3, affine = false }(nn.linear { out = 35 }(nn.flatten(y)))
local w = nn.group_norm { name = "fg", groups = 3 }(nn.flatten(nn.conv2d { name = "c3", out = 5, kernel = 3 }(y)))
local z = nn.linear { out = 3 }(nn.concat { v, nn.flatten(q), w })
return nn.model { name = "grouped", train = { epochs = 1, batch = 10, loss = nn.mse(z, t), optimizer = nn.sgd {} } }
