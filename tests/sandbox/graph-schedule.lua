-- harmless
local nn = require "nn"
local lr, x = nn.epoch, nn.input("x", { 3 })
for i = 1, 3500 do lr = nn.min(lr * 0.5 + nn.step, 1) end
return nn.model { name = "m", train = { epochs = 1, batch = 1, optimizer = nn.sgd { lr = lr },
                                        loss = nn.mse(nn.linear { out = 2 }(x), 0) } }
