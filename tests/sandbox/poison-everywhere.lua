-- error: there is no variable `ghost`
local nn = require "nn"
local g = ghost
g.x.y.z = g
for k, v in pairs(g) do error("never") end
for i, v in ipairs(g) do error("never") end
nn.linear { out = g, name = g, init = g, bias = g }(g)
nn.conv2d { out = g, kernel = g }(g)
nn.conv2d(g)
nn.sequential { g, nn.relu }(g)
nn.concat(g)
nn.concat { g, g }
nn.input(g, g)
nn.param(g, g)
nn.normal(g, g)
nn.adam(g)
require(g)
table.insert(g, g)
table.concat(g)
table.unpack(g)
local s = tostring(g) .. ("%s"):format(g) .. #g .. (g < g and "" or "x")
return nn.model { name = g, data = g, train = { epochs = g, batch = g, loss = g, optimizer = g, freeze = g },
                  metrics = g, predict = { y = g } }
