local nn = require "nn
return 1
