-- error: an architecture is one model
local nn = require "nn"
local x = nn.input("x", { 3 })
local function model(y)
  return nn.model { name = "m", train = { epochs = 1, batch = 1, optimizer = nn.sgd {}, loss = nn.mse(y, 0) } }
end
nn.sequential { function(y) model(y) return y end }(x)
return model(x)
