-- Three convolutions and a pool, on images of that size.
local nn = require "nn"
local size = nn.param("size", 8)
local x, label = nn.input("x", {3, size, size}), nn.label("label", 10)
local function conv(name, out, stride) return nn.conv2d { name = name, out = out, kernel = 3, padding = 1, stride = stride } end
local h = nn.relu(conv("conv1", 16, 2)(x))
h = nn.max_pool2d(nn.relu(conv("conv2", 32, 1)(h)))
h = nn.relu(conv("conv3", 64, 1)(h))
local loss = nn.cross_entropy(nn.linear { name = "out", out = 10 }(nn.mean(h, { axis = { 2, 3 } })), label)
return nn.model { train = { epochs = 1, batch = 16, loss = loss, optimizer = nn.sgd { lr = 0.01 } }, predict = { h = nn.sum(h) } }
