-- part
local nn = require "nn"
local conv = nn.conv2d { name = "conv", out = 3, kernel = 3 }
return nn.sequential { conv, nn.flatten }
