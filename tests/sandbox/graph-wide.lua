-- harmless
local nn = require "nn"
local y = nn.linear { out = 2 }(nn.input("x", { 3 }))
local loss = nn.mse(y, 0)
for i = 1, 1000 do loss = loss + nn.mse(nn.tanh(y * i), i) end
return nn.model { name = "m", train = { epochs = 1, batch = 1, optimizer = nn.sgd {}, loss = loss } }
