-- error: `getmetatable` is not available
local nn = require "nn"
getmetatable("").__index = function() return 1 end
getmetatable(nn).__newindex = nil
getmetatable(nn.relu).__call = print
getmetatable(nn.epoch).__gc = function() print("gone") end
setmetatable(nn, { __index = function(t, k) return t[k] end })
error(setmetatable({}, { __tostring = function() while true do end end }))
