local nn = require "nn"
local image, t = nn.input("image", {3, 8, 8}), nn.target("t", {5})
local a = nn.batch_norm1d(image)
local b = nn.batch_norm2d(nn.flatten(image))
local c = nn.batch_norm2d(t)
local d = nn.batch_norm2d { momentum = 2 }
local e = nn.batch_norm2d { track_running_stats = false }
local twice = nn.batch_norm2d { name = "twice" }
local f = twice(image)
local g = twice(nn.conv2d { out = 4, kernel = 3 }(image))
local h = nn.batch_norm2d(nn.mse(t, t))
local plain = nn.batch_norm1d { name = "plain", affine = false }(nn.flatten(image))
return nn.model {
  name = "mistakes",
  train = { epochs = 1, batch = 8, loss = nn.mse(nn.linear { out = 5 }(plain), t), optimizer = nn.sgd {},
            freeze = { "plain", "plane" } },
}
