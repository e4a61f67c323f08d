local a = require "part-circle-a"
