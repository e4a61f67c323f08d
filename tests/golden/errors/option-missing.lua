local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.conv2d { name = "a", kernel = 3 }
local b = nn.linear {}
local c = nn.conv2d {
  name = "c",
}
