local nn = require "nn"
nn.relu = nil
