local nn = require "nn"
return nn.sequential { nn.flatten, nn.linear { out = 10 } }
