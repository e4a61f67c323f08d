-- error: there are too many mistakes
local nn = require "nn"
for i, v in ipairs(nn) do end
