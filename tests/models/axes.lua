-- Sums and means over every kind of axes: of images with channels in lanes and with columns there, of vectors
-- that keep the places of an image, of fields; as losses, as metrics, and on the way to a layer.
local nn = require "nn"
local x, v, t = nn.input("x", {3, 7, 6}), nn.input("v", {19}), nn.target("t", {2, 5})
local l = nn.label("l", 4)
local y = nn.conv2d { name = "c", out = 20, kernel = 3 }(x)
local n = nn.layer_norm { name = "n" }(y)
local pooled = nn.mean { axis = {2, 3} }(nn.relu(y))
local rows = nn.sum(n * y, { axis = 2 })
local columns = nn.mean(nn.square(n), { axis = -1, keepdim = true })
local channels = nn.flatten(nn.sum(nn.tanh(y), { axis = 1 }))
local planes = nn.sum(nn.tanh(n), { axis = {1, 3} })
local all = nn.sum(nn.sigmoid(nn.flatten(y))) * 0.01
local h = nn.concat { pooled, nn.flatten(rows), nn.flatten(columns), channels, planes,
                      nn.mean(v, { axis = 1, keepdim = true }) }
local a = nn.linear { name = "a", out = 4 }(h)
local b = nn.linear { name = "b", out = 10 }(nn.tanh(h))
local error = nn.mean((b - nn.flatten(t)) ^ 2)
return nn.model { name = "axes",
  train = { { epochs = 1, batch = 8, optimizer = nn.adam {},
              loss = nn.cross_entropy(a, l) + error - 0.1 * nn.mean(nn.abs(all) * error) + nn.mse(nn.mean(b), 0.5) },
            { epochs = 1, batch = 5, loss = nn.sum(nn.abs(b), { axis = 1, keepdim = true }), optimizer = nn.sgd {} } },
  predict = { a = nn.argmax(a), columns = columns, rows = rows, planes = planes, sum = nn.sum(t, { axis = 1 }) },
  metrics = { error = error, all = all, hit = nn.equal(nn.argmax(a), l), v = nn.sum(v, { axis = -1, keepdim = true }) },
}
