local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local a = nn.tan(image)
local b = nn.BatchNorm3d { }
local c = nn.CrossEntropyLoss(image, digit)
local d = nn.cat { image, image }
local e = nn.std(image)
local f = nn.relu6(image)
local g = nn.bias
local h = nn.conv2d { out = 3, kernel = 3, padding_mode = "zeros" }
local i = nn.linear { out = 3, weight = 1 }
local j = nn.selu(image)
local k = nn.mse_loss(image, image)
local l = nn.transformer { hidden = 3 }
local m = nn.MaxPool2d(image)
