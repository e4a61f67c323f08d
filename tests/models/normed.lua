-- Layer norms over one, two and three axes of images and over vectors, with and without weights and biases;
-- one is shared by two inputs, one follows a field, and values of images go on to layers that want channels.
local nn = require "nn"

local left, right = nn.input("left", { 3, 5, 20 }), nn.input("right", { 3, 5, 20 })
local extra, label = nn.input("extra", { 21 }), nn.label("label", 4)

local conv = nn.conv2d { name = "conv", out = 6, kernel = 3, padding = 1 }
local rows = nn.layer_norm { name = "rows", bias = false }
local planes = nn.layer_norm { name = "planes", axes = 2, eps = 1e-3 }
local all = nn.layer_norm { name = "all", axes = 3 }
local function trunk(x)
  local y = nn.relu(planes(conv(x)))
  y = nn.max_pool2d { kernel = { 1, 2 } } (all(y) + y)
  return nn.flatten(nn.tanh(rows(y)))
end
local features = nn.concat {
  nn.linear { name = "narrow", out = 19 } (trunk(left) - trunk(right)),
  nn.rms_norm { name = "root" }(nn.layer_norm { affine = false } (extra)),
}
local hidden = nn.gelu(nn.layer_norm { name = "hidden" } (features))
local logits = nn.linear { name = "out", out = 4 } (nn.dropout { name = "drop", p = 0.2 } (hidden))

return nn.model {
  name = "normed",
  train = { epochs = 1, batch = 8, loss = nn.cross_entropy(logits, label), optimizer = nn.adamw { lr = 1e-3 } },
  predict = { label = nn.argmax(logits), hidden = hidden },
  metrics = { accuracy = nn.equal(nn.argmax(logits), label) },
}
