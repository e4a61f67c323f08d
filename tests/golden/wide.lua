-- A value of more operands than a fused kernel may have.
local nn = require "nn"
local x, l = nn.input("x", {9}), nn.label("l", 3)
local parts = {}
for i = 1, 25 do parts[i] = nn.linear { name = "p" .. i, out = i % 5 + 1 }(x) end
local y = nn.linear { name = "last", out = 3 }(nn.concat(parts))
return nn.model { train = { epochs = 1, batch = 8, optimizer = nn.adam {}, loss = nn.cross_entropy(y, l) }, predict = { l = nn.argmax(y) } }
