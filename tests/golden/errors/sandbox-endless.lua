local nn = require "nn"
local n = 0
while true do
  n = n + 1
end
