-- A block of a transformer, on sequences of that length.
local nn = require "nn"
local T = nn.param("length", 16)
local x, label = nn.input("x", {T, 64}), nn.label("label", 10, {T})
local h = x + nn.multihead_attention { name = "attention", heads = 4, causal = true }(nn.layer_norm { name = "norm1" }(x))
h = h + nn.linear { name = "down", out = 64 }(nn.gelu(nn.linear { name = "up", out = 256 }(nn.layer_norm { name = "norm2" }(h))))
local loss = nn.cross_entropy(nn.linear { name = "out", out = 10 }(h), label)
return nn.model { train = { epochs = 1, batch = 8, loss = loss, optimizer = nn.adam {} }, predict = { h = nn.sum(h) } }
