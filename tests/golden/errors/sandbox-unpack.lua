local nn = require "nn"
local x = nn.min(table.unpack({}, 1, 900000))
