local nn = require "nn"
return nn.linear { out = 10 }
