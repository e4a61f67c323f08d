local trunk = require "part-nothing"
require(3)
