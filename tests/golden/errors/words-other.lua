-- Words that mean something else, or have other names, in PyTorch.
local nn = require "nn"
local x, v, l = nn.input("x", {3, 4}), nn.input("v", {7}), nn.label("l", 7)
local a = nn.min(x, 0)
local b = nn.max(v, v)
local c = nn.top_k(v, l, 8)
local d = nn.view(x, {-1})
local e = nn.unsqueeze(v, 1)
local f = nn.ge(v, 0)
local g = nn.swish(v)
local h = nn.layer_norm { axes = 2 }(v)
local i = nn.layer_norm { elementwise_affine = false }(v)
local j = nn.upsample { scale_factor = 2 }(x)
local k = nn.cross_entropy(nn.input("signal", {5, 12}), nn.label("each", 5, {12}))
