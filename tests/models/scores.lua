-- Numbers of a whole split: coefficient of determination, F1, intersection over union, perplexity, roots
-- of losses. The fields are those of a table.
local nn = require "nn"
local x, t, b = nn.input("features", {6}), nn.target("t", {1}), nn.target("b", {1})
local l = nn.label("l", 3)
local h = nn.tanh(nn.linear { name = "h", out = 20 }(x))
local y, z = nn.linear { name = "y", out = 1 }(h), nn.linear { name = "z", out = 1 }(h)
local a = nn.linear { name = "a", out = 3 }(h)
local yes = nn.greater(z, 0)
local both = nn.overall(yes * b)
local right = nn.equal(nn.greater_equal(a, 0), nn.one_hot(l))
local p = nn.where(nn.equal(b, 1), nn.sigmoid(z), 1 - nn.sigmoid(z))
return nn.model {
  name = "scores",
  train = { epochs = 1, batch = 16, optimizer = nn.adam { lr = 1e-2 },
            loss = nn.mse(y, t) + nn.bce_with_logits(z, b) + nn.cross_entropy(a, l) },
  predict = { y = y, z = z, a = a, class = nn.argmax(a) },
  metrics = {
    error = nn.mse(y, t),
    accuracy = nn.equal(nn.argmax(a), l),
    part = nn.mean(right),
    exact = nn.equal(nn.sum(right), 3),
    r2 = 1 - nn.overall((y - t) ^ 2) / (nn.overall(t ^ 2) - nn.overall(t) ^ 2),
    relative = nn.mse(y, t) / nn.overall(t ^ 2),
    rmse = nn.sqrt(nn.mse(y, t)),
    deviation = (nn.overall(t ^ 2) - nn.overall(t) ^ 2) ^ 0.5,
    f1 = 2 * both / (nn.overall(yes) + nn.overall(b)),
    iou = both / (nn.overall(yes) + nn.overall(b) - both),
    perplexity = nn.exp(-nn.overall(nn.log(p))),
    class_perplexity = nn.exp(nn.cross_entropy(a, l)),
  },
}
