-- part
local nn = require "nn"
