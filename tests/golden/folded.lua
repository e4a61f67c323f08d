-- nngen: --inference --dump=fold
-- Batch norms that alone use a convolution, a convolution of signals and a linear layer; a linear layer of a
-- sequence, whose places are the norm's channels, and a convolution with a second user stay.
local nn = require "nn"
local x, s, t = nn.input("x", {3, 4, 4}), nn.input("s", {4, 9}), nn.target("t", {5})
local c = nn.batch_norm2d { name = "n1" }(nn.conv2d { name = "c1", out = 5, kernel = 3, bias = false }(x))
local d = nn.conv2d { name = "c2", out = 2, kernel = 1 }(c)
local e = nn.batch_norm2d { name = "n2", affine = false }(d) + d
local f = nn.batch_norm1d { name = "n3", bias = false }(nn.conv1d { name = "c3", out = 3, kernel = 2 }(s))
local g = nn.batch_norm1d { name = "n4" }(nn.linear { name = "l1", out = 2 }(f))
local y = nn.batch_norm1d { name = "n5" }(nn.linear { name = "l2", out = 5 }(nn.concat { nn.flatten(e), nn.flatten(g) }))
return nn.model { name = "folded", train = { epochs = 1, batch = 8, loss = nn.mse(y, t), optimizer = nn.sgd {} },
  predict = { y = y } }
