-- Own parameters and constants: alone, with functions of them, against values per sample of every rank, as
-- operands of layers, losses of them; an own weight of PReLU, weights of classes.
local nn = require "nn"
nn.defaults { init = nn.orthogonal }
local x, q, l = nn.input("x", {3, 6, 7}), nn.input("q", {5, 20}), nn.label("l", 4)
local scale = nn.parameter("scale", {10, 1, 1}, { init = nn.normal(1, 0.1) })
local shift = nn.parameter("block.shift", {}, { init = nn.constant(0.1) })
local codes = nn.parameter("codes", {5, 20}, { init = nn.normal })
local rows = nn.parameter("rows", {20}, { init = nn.uniform(0.5, 1.5) })
local conv, act = nn.conv2d { name = "c", out = 10, kernel = 3 }, nn.prelu { name = "act" }
local y = act(conv(x) * nn.exp(scale * 0.5) + shift)
local s = nn.layer_norm { name = "n" }(q * rows + nn.tanh(codes) - nn.tensor({ 0.5, -1, 2, 1, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5 }))
local head = nn.linear { name = "o", out = 4 }
local all = nn.concat { s, codes, axis = 1 }                                        -- (10, 20)
local v = nn.concat { nn.mean(y, { axis = { 2, 3 } }), nn.sum(all, { axis = 2 }) * nn.logsumexp(nn.softmax(codes * rows), { axis = { 1, 2 } }) }
local logits = head(v) + nn.arange(4) * 0.01
local own = nn.tanh(nn.linear { name = "own", out = 3 }(rows * nn.mean(codes, { axis = 1 })))    -- of parameters alone
return nn.model { name = "shared",
  train = { epochs = 1, batch = 8, optimizer = nn.adam {},
            loss = nn.cross_entropy(logits, l, { weight = { 1, 2, 0.5, 1 } }) + 0.01 * nn.sum(codes ^ 2) + nn.mean(nn.abs(rows - 1)) + nn.mean(own ^ 2) },
  predict = { logits = logits, codes = codes },
  metrics = { hit = nn.equal(nn.argmax(logits), l), size = nn.mean(nn.square(codes)) },
}
