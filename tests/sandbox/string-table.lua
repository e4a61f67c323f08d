-- harmless
-- Methods of strings come from a table that the file may change: it harms itself alone.
local nn = require "nn"
string.format = function() return {} end
string.rep = nil
string.sub = string
math.huge = "x"
table.insert = error
tostring, pairs, type, require, error = nil
local x = nn.input("x", {3})
return nn.model { name = "m", train = { epochs = 1, batch = 1, optimizer = nn.sgd {},
                                        loss = nn.mse(nn.linear { out = 2 }(x), 0) } }
