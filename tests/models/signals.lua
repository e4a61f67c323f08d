-- Convolutions and pools over signals (C, L): strided, dilated, grouped, causal, padded to the same length, made longer; of inputs, of
-- sequences with features in lanes that are turned, and back.
local nn = require "nn"
local x, q, t = nn.input("x", {3, 41}), nn.input("q", {24, 20}), nn.target("t", {5})
local net = nn.sequential {
  nn.conv1d { name = "a", out = 20, kernel = 5, padding = "same", dilation = 2 }, nn.relu, nn.max_pool1d { kernel = 3, stride = 2, padding = 1 },
  nn.conv1d { name = "b", out = 32, kernel = 4, padding = "same", groups = 4 }, nn.tanh, nn.avg_pool1d,
  nn.conv1d { name = "c", out = 17, kernel = 3, stride = 2, bias = false },
}
local y = net(x)                                                                        -- (17, 4)
local causal = nn.conv1d { name = "d", out = 18, kernel = 3, dilation = 3, causal = true }
local s = nn.gelu(causal(nn.transpose(q, 1, 2)))                                        -- (18, 24)
local back = nn.layer_norm { name = "n" }(nn.transpose(s + nn.dropout { name = "drop", p = 0.2 }(s), 1, 2))   -- (24, 18)
local image = nn.conv2d { name = "e", out = 6, kernel = { 2, 3 }, padding = "same" }(nn.reshape(s, { 3, 6, 24 }))
local o = nn.linear { name = "o", out = 5 }(nn.concat { nn.flatten(y), nn.mean(back, { axis = 1 }), nn.mean(image, { axis = { 2, 3 } }), nn.select(s, 2, -1),
  nn.mean(nn.upsample { scale = 3, mode = "linear" }(y) * nn.flip(nn.upsample { scale = 3 }(y), 2), { axis = 2 }) })
return nn.model { name = "signals",
  train = { epochs = 1, batch = 8, optimizer = nn.adam {}, loss = nn.mse(o, t) },
  predict = { o = o, s = s, y = y },
}
