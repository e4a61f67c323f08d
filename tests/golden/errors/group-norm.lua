local nn = require "nn"
local image, t = nn.input("image", {6, 8, 8}), nn.target("t", {5})
local a = nn.group_norm(image)
local b = nn.group_norm {}
local c = nn.group_norm { groups = 4 }(image)
local d = nn.group_norm { groups = 2 }(nn.sum(t))
local e = nn.group_norm { num_groups = 2 }
local twice = nn.group_norm { name = "twice", groups = 2 }
local f = twice(image)
local g = twice(nn.conv2d { out = 4, kernel = 3 }(image))
local h = nn.instance_norm2d(t)
local i = nn.instance_norm2d(nn.conv2d { out = 4, kernel = 8 }(image))
local j = nn.instance_norm1d(t)
local k = nn.instance_norm2d { track_running_stats = true }
local l = nn.GroupNorm
return nn.model {
  name = "mistakes",
  train = { epochs = 1, batch = 8, loss = nn.mse(nn.linear { out = 5 }(nn.flatten(f)), t), optimizer = nn.sgd {} },
}
