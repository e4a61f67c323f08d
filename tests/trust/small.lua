-- As small as a network gets: for tests that compile it very often.
local nn = require "nn"
local x, y = nn.input("x", {4}), nn.label("y", 3)
local h = nn.linear { name = "out", out = 3 }(x)
return nn.model { name = "small", train = { epochs = 1, batch = 16, optimizer = nn.adam { lr = 1e-3 }, loss = nn.cross_entropy(h, y) }, predict = { y = nn.argmax(h) }, metrics = { accuracy = nn.equal(nn.argmax(h), y) } }
