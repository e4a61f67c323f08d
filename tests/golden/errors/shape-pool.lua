local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.avg_pool2d { kernel = 2, padding = 2 }(image)
local b = nn.max_pool2d { kernel = 40 }(image)
local c = nn.max_pool2d {}(nn.flatten(image))
