local nn = require "nn"
local x, t = nn.input("x", {6}), nn.target("t", {6})
local function residual(body) return function(x) return nn.relu(x + body(x)) end end
local y = residual(nn.linear { out = 6, bias = false })(x)
for i = 1, 3 do y = nn.sigmoid(y * i - y / 2) - -y end
local size = #y.shape + select("#", table.unpack(y.shape))
local ok, words = pcall(function() return tostring(y) .. ("%d"):format(size) end)
for k, v in pairs({ a = 1, b = 2, 3 }) do assert(v, k) end
local loss = nn.mse(y, t) + 0.5 * nn.bce_with_logits(y, t) - nn.exp(-nn.epoch) * nn.mse(x, 1)
return nn.model { name = "values", train = { epochs = 1, batch = 7, optimizer = nn.adamw {}, loss = loss },
                  metrics = { small = nn.mse(y, 0) }, predict = { y = y } }
