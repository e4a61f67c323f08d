-- Two convolutions of that many channels, on images of 16 x 16.
local nn = require "nn"
local channels, batch = nn.param("channels", 64), nn.param("batch", 64)
local x, label = nn.input("x", {channels, 16, 16}), nn.label("label", 10)
local h = x
for i = 1, 2 do
  h = nn.relu(nn.conv2d { name = "conv" .. i, out = channels, kernel = 3, padding = 1 }(h))
end
local loss = nn.cross_entropy(nn.linear { name = "out", out = 10 }(nn.mean(h, { axis = { 2, 3 } })), label)
return nn.model { train = { epochs = 1, batch = batch, loss = loss, optimizer = nn.sgd { lr = 0.01 } }, predict = { h = nn.sum(h) } }
