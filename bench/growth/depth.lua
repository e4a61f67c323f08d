-- So many linear layers of 128 outputs, whose values keep their size.
local nn = require "nn"
local depth = nn.param("depth", 2)
local x, label = nn.input("x", {128}), nn.label("label", 10)
local h = x
for i = 1, depth - 1 do h = nn.relu(nn.linear { name = "fc" .. i, out = 128, init = nn.kaiming_normal }(h)) end
local loss = nn.cross_entropy(nn.linear { name = "out", out = 10 }(h), label)
return nn.model { train = { epochs = 1, batch = 128, loss = loss, optimizer = nn.adam {} }, predict = { h = nn.sum(h) } }
