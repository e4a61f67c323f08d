-- error: there are too many mistakes
-- What a limit raises can be caught, but there is no way on from it.
local nn = require "nn"
local caught
for i = 1, 100 do
  local ok, e = pcall(function() return nn["x" .. i] end)
  caught = e
end
pcall(error, caught)
while true do pcall(error, caught) end
