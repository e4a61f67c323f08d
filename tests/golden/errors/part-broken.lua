-- part
local nn = require "nn"
return nn.sequential {
  nn.linear { name = "a" out = 3 },
}
