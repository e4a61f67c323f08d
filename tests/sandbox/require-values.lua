-- error: require wants the name of a file, got a table
local nn = require "nn"
for _, v in ipairs { 1, 0 / 0, true, print, nn, nn.relu, nn.epoch } do pcall(require, v) end
pcall(require)
require {}
