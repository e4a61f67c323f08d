-- Random values: of every rank, used by one reader and by several, fused and not, seen by a stack beside a value of the
-- data, as a target, as predictions; and attention with dropout over parameters, which draws for each sample.
local nn = require "nn"

local x, t = nn.input("x", { 21 }), nn.target("t", { 7 })
local z, u = nn.randn({ 19 }, { name = "z" }), nn.rand({ 19 })
local image, row, pair = nn.rand({ 3, 9, 11 }, { name = "image" }), nn.randn({ 6, 20 }), nn.randn({})
local wide = nn.randn({ 2, 3, 2, 5 })

local code = nn.linear { name = "code", out = 19 } (x)
local size = nn.linear { name = "size", out = 19 } (x)
local decode = nn.sequential { nn.linear { name = "decode", out = 33 }, nn.tanh, nn.linear { name = "out", out = 7 } }
local made, drawn = decode(code + nn.exp(size / 4) * z), decode(z * u)
local map = nn.max_pool2d (nn.relu(nn.conv2d { name = "conv", out = 18, kernel = 3 } (image + nn.randn({ 3, 9, 11 }))))
local places = nn.mean(nn.linear { name = "places", out = 5 } (row * nn.rand({ 6, 20 }) + row), { axis = 1 })
local q = nn.parameter("q", { 4, 8 }, { init = nn.normal(0, 1) })
local k = nn.parameter("k", { 5, 8 }, { init = nn.normal(0, 1) })
local seen = nn.scaled_dot_product_attention(q, k, k, { dropout = 0.4 })
local all = nn.concat { made, drawn, nn.flatten(map), places, nn.flatten(wide) * pair, nn.flatten(seen) }
local answer = nn.linear { name = "answer", out = 7 } (all)

return nn.model {
  name = "random",
  train = { epochs = 1, batch = 9, optimizer = nn.adam { lr = 1e-3 },
            loss = nn.mse(answer, t) + nn.mse(made, drawn) + nn.mse(nn.linear { name = "back", out = 19 } (made), z) },
  predict = { answer = answer, drawn = drawn, image = image },
  metrics = { error = nn.mse(answer, t), mean = nn.mean(z) },
}
