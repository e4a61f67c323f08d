local nn = require "nn"
while true do
  nn.linear { out = 1 }
end
