-- harmless
local nn = require "nn"
local y = nn.input("x", { 3 })
for i = 1, 300 do y = nn.linear { out = 3 + i % 5 }(y) end
return nn.model { name = "m", train = { epochs = 1, batch = 1, optimizer = nn.sgd {}, loss = nn.mse(y, 0) } }
