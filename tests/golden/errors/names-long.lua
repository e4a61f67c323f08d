local nn = require "nn"
local word = ("kernel"):rep(1000)
nn[word]()
local a = nn.linear { out = 3, [word] = 3 }
local b = nn.relu[word]
