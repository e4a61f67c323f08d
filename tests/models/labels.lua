-- Labels of several places: as values of the classes along either axis, sliced, compared with each other, of one shape
-- and of shapes that broadcast, and with numbers.
local nn = require "nn"
local x, l, m = nn.input("x", {7, 5}), nn.label("l", 5, {7}), nn.label("m", 3, {2, 6})
local y = nn.layer_norm { name = "n" }(x) + x
local hot = nn.one_hot(l)                                                  -- (7, 5)
local log_p = y - nn.log(nn.sum(nn.exp(y), { axis = 2, keepdim = true }))
local known = nn.greater(l, 0)                                             -- (7)
local loss = -nn.sum(nn.sum(log_p * hot, { axis = 2 }) * known) / 7
local planes = nn.one_hot(m, { axis = 1 })                                 -- (3, 2, 6)
local rows = nn.one_hot(nn.slice(m, 2, 2, -1, 2), { axis = 2 })            -- (2, 3, 3)
return nn.model { name = "labels",
  train = { epochs = 1, batch = 8, loss = loss, optimizer = nn.sgd { lr = 0.1 } },
  predict = { odd = nn.slice(l, 1, 1, 7, 2), planes = planes, rows = rows, hot = hot },
  metrics = { known = nn.mean(known), steady = nn.mean(nn.equal(nn.slice(l, 1, 1, -2), nn.slice(l, 1, 2))),
              same = nn.mean(nn.equal(nn.slice(m, 2, 1, 1), m)), likely = nn.mean(nn.less(nn.select(l, 1, 2), l)),
              above = nn.mean(nn.greater(x, nn.reshape(l, { 7, 1 }))),
              first = nn.sum(nn.equal(nn.slice(m, 1, 1, 1), 2)) },
}
