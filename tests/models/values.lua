-- Fields of one value, (), beside those of (1): in losses they pass for each other.
local nn = require "nn"
local x, z, t, u = nn.input("x", {6}), nn.input("z", {}), nn.target("t", {}), nn.target("u", {1})
local h = nn.tanh(nn.linear { name = "a", out = 20 }(nn.concat { x, nn.reshape(z, {1}) }) * z + z)
local y = nn.linear { name = "b", out = 1 }(h)
local w = nn.mean(h)
return nn.model { name = "values", train = { epochs = 3, batch = 16, loss = nn.mse(y, t) + nn.huber(w, u) + nn.mean((w - t) ^ 2), optimizer = nn.adam {} },
  predict = { y = y, z = z * 2, w = w }, metrics = { err = nn.mse(y, t), z = nn.overall(z) } }
