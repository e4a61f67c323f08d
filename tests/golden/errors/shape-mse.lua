local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.linear { name = "a", out = 3 }(nn.flatten(image))
local loss = nn.mse(a, nn.target("three", {4})) + nn.bce_with_logits(a, digit)
