-- harmless
local nn = require "nn"
local x = nn.input("x", { 3 })
local y = nn.linear { out = 3 }(x)
for i = 1, 2000 do y = nn.relu(y) end
return nn.model { name = "m", train = { epochs = 1, batch = 1, optimizer = nn.sgd {}, loss = nn.mse(y, 0) } }
