-- The same mistake for ever, each a little memory.
local nn = require "nn"
while true do
  pcall(nn.zeros, "x")
end
