-- Two linear layers of that width.
local nn = require "nn"
local width = nn.param("width", 16)
local x, label = nn.input("x", {width}), nn.label("label", 10)
local h = x
for i = 1, 2 do h = nn.relu(nn.linear { name = "fc" .. i, out = width }(h)) end
local loss = nn.cross_entropy(nn.linear { name = "out", out = 10 }(h), label)
return nn.model { train = { epochs = 1, batch = 128, loss = loss, optimizer = nn.sgd { lr = 0.01 } }, predict = { h = nn.sum(h) } }
