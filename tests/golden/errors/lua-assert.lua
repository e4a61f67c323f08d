local nn = require "nn"
assert(nn.param("layers", 3) > 5, "wants more layers")
