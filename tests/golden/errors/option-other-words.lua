local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.conv2d { out_channels = 8, kernel_size = 3, in_channels = 1 }
local b = nn.linear { units = 10, use_bias = false }
local c = nn.dropout { rate = 0.5 }
local d = nn.adam { learning_rate = 1e-3, betas = { 0.9, 0.999 } }
