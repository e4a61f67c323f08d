local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local answer = nn.linear { out = 10 }(nn.flatten(image))
local wrong = nn.cross_entropy(nn.argmax(answer), digit)
local swapped = nn.cross_entropy(digit, answer)
local unlabelled = nn.cross_entropy(answer, nn.argmax(answer))
local sum = nn.argmax(answer) + 1
local mixed = nn.cross_entropy(answer, digit) + answer
