-- harmless
-- Sizes at the limits of each option.
local nn = require "nn"
local x = nn.input("x", { 1, 1024, 1024 })
local y = nn.max_pool2d { kernel = 1024, stride = 1, padding = 511 }(x)
y = nn.conv2d { out = 1, kernel = 1023, stride = 1024 }(y)
return nn.model { name = "m", train = { epochs = 1000000000, batch = 65536, optimizer = nn.sgd {}, loss = nn.mse(y, 0) } }
