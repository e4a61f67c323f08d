local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local again = nn.input("image", {1, 14, 14})
local also = nn.label("digit", 2)
local real = nn.target("digit", {1})
local same = nn.input("image", {1, 28, 28})
