-- A label that may hold what is no class, where its classes are places.
local nn = require "nn"
local v, l = nn.linear { out = 7 }(nn.input("v", {7})), nn.label("l", 7)
local a, b = nn.cross_entropy(v, l, { ignore_index = -1 }), nn.nll(v, l, { ignore_index = -2 })
return nn.model { train = { epochs = 1, batch = 1, loss = a + nn.cross_entropy(v, l), optimizer = nn.sgd {} } }
