-- A convolution of a single place: most taps see padding alone.
local nn = require "nn"
local x, l = nn.input("x", {4, 1, 1}), nn.label("l", 5)
local y = nn.relu(nn.conv2d { name = "k6", out = 32, kernel = 3, padding = 1 }(x))
local a = nn.linear { name = "a", out = 5 }(nn.flatten(y))
return nn.model { name = "single", train = { epochs = 1, batch = 10, optimizer = nn.adamw { lr = 0.01, weight_decay = 0.1 }, loss = nn.cross_entropy(a, l) }, predict = { a = a } }
