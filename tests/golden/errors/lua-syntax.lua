local nn = require "nn"
local x = nn.input("image", {1, 28, 28}
local y = 3
