local nn = require "nn"
local x = nn.input("x", {4}, { windows = 1, array = "series" })
local y = nn.target("y", {4}, { windows = 2, array = "series" })
local a = nn.linear { out = 4 }(x)
return nn.model { train = { epochs = 1, batch = 1, optimizer = nn.sgd {}, loss = nn.mse(a, y) } }
