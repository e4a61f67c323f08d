-- error: nn too often
-- The same fifteen mistakes for ever: each costs a few words.
local nn = require "nn"
local options = {}
for i = 1, 15 do options["an_option_that_is_not_there_" .. i] = 1 end
while true do pcall(nn.max_pool2d, options) end
