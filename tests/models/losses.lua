-- Losses of vectors, sequences and images, with their options: classes in the first or last axis, soft targets,
-- ignored places, values of places that a mask weighs; softmax and its kin along every axis.
local nn = require "nn"
local x, q = nn.input("x", {3, 6, 7}), nn.input("q", {9, 20})
local l, m, k = nn.label("l", 5), nn.label("m", 4, {6, 7}), nn.label("k", 6, {9})
local t, soft = nn.target("t", {9, 5}), nn.target("soft", {9, 6})
local y = nn.silu(nn.conv2d { name = "c", out = 8, kernel = 3, padding = 1 }(x))
local map = nn.conv2d { name = "map", out = 4, kernel = 1 }(y)                      -- (4, 6, 7)
local rows = nn.layer_norm { name = "n" }(nn.concat { q, q * q, axis = 2 })          -- (9, 40)
local a, p = nn.slice(rows, 2, 1, 6), nn.slice(rows, 2, 11, 15)                     -- (9, 6), (9, 5)
local v = nn.linear { name = "o", out = 5 }(nn.concat { nn.amax(y, { axis = { 2, 3 } }), nn.amin(p, { axis = 1 }), nn.sin(nn.logsumexp(a)) })
local places = nn.cross_entropy(a, k, { reduction = "none" })                       -- (9)
local focal = nn.mean((1 - nn.exp(-places)) ^ 2 * places)
local classes = nn.cross_entropy(map, m, { ignore_index = 3, label_smoothing = 0.1 })
return nn.model { name = "losses",
  train = { epochs = 1, batch = 8, optimizer = nn.adam {},
    loss = classes + focal + nn.cross_entropy(v, l, { label_smoothing = 0.2 }) + nn.cross_entropy(a, k)
      + nn.nll(nn.log_softmax(a), k, { ignore_index = -100 }) + nn.cross_entropy(a, nn.softmax(soft))
      + nn.l1(p, t) + nn.huber(p, t, { delta = 0.7 }) + nn.smooth_l1(p, 0.25, { beta = 0.5 })
      + nn.bce_with_logits(p, nn.sigmoid(t), { pos_weight = 2.5 }) + 0.1 * nn.kl_div(nn.log_softmax(a), nn.softmax(soft))
      + nn.bce_with_logits(p, nn.sigmoid(t), { pos_weight = { 1, 0.5, 3, 0, 2 } })
      + nn.mse(nn.softmax(map, { axis = 3 }), nn.softplus(nn.cos(map))) + nn.sum(nn.mse(p, t, { reduction = "none" }) * 0.01) },
  predict = { v = nn.argmax(v), map = nn.argmax(map, { axis = 1 }), softmax = nn.softmax(map, { axis = 2 }), a = nn.log_softmax(a) },
  metrics = { hit = nn.equal(nn.argmax(v), l), pixels = nn.mean(nn.equal(nn.argmax(map, { axis = 1 }), m)),
              classes = classes, perplexity = nn.exp(nn.cross_entropy(a, k)) },
}
