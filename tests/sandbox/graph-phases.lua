-- error: more than 20000 nodes, gradients included: use fewer layers or phases
local nn = require "nn"
local y, phases = nn.input("x", { 8 }), {}
for i = 1, 1900 do y = nn.linear { out = 8 + i % 3 }(y) end
for i = 1, 64 do phases[i] = { epochs = 1, batch = i, optimizer = nn.sgd {}, loss = nn.mse(y, i) } end
return nn.model { name = "m", train = phases }
