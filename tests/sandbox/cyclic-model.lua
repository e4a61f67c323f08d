-- error: wants
local nn = require "nn"
local t = {}
t[1], t.train, t.loss, t.optimizer, t.freeze, t.metrics, t.predict, t.accuracy = t, t, t, t, t, t, t, t
return nn.model { name = "m", train = t, metrics = t, predict = t }
