local nn = require "nn"
local trunk = require "trunk"
local x = trunk(nn.input("x", {3}))
