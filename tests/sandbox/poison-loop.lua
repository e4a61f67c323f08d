-- error: there is no variable `ghost`
local nn = require "nn"
local x = ghost
while true do x = x.y(x)[1] or x + x end
