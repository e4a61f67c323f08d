-- Elements that are moved at random: chains of layers on inputs, one of them shared by two inputs that a trunk
-- sees as a stack, layers on channels, on vectors, on what convolutions and normalisations made, and all three
-- modes of padding with their gradients. One layer is called on values of other shapes, too.
local nn = require "nn"

local left, right = nn.input("left", { 3, 9, 11 }), nn.input("right", { 3, 9, 11 })
local vector, mask = nn.input("vector", { 21 }), nn.target("mask", { 1, 9, 11 })
local label, places = nn.label("label", 5), nn.label("places", 3, { 9, 11 })

local flip, shift = nn.random_flip { name = "flip" }, nn.random_crop { name = "shift", padding = 2 }
local moved = nn.sequential { flip, shift, nn.random_erase { name = "hole", size = 4, p = 0.8 } }
local conv = nn.conv2d { name = "conv", out = 18, kernel = 3, padding = 1 }
local norm = nn.layer_norm { name = "norm", eps = 1e-2 }
local inner = nn.sequential {
  nn.random_crop { name = "near", padding = 3, mode = "reflect" }, norm,
  nn.random_flip { name = "channels", axis = 1, p = 0.7 }, nn.random_erase { name = "inner", size = 3 },
}
local function trunk(x) return nn.max_pool2d {} (inner(nn.relu(conv(x)))) end
local a, b = trunk(moved(left)), trunk(moved(right))
local edge = nn.random_crop { name = "edge", padding = 12, mode = "replicate" } (a - b)
local far = nn.random_crop { name = "far", padding = 1 } (edge)
local features = nn.concat {
  nn.linear { name = "fc", out = 19 } (nn.flatten(far)),
  nn.random_flip { name = "order" } (nn.tanh(nn.linear { name = "side", out = 20 } (nn.random_flip(vector)))),
  flip(nn.flatten(nn.conv2d { name = "small", out = 2, kernel = 5 } (left))),
}
local kinds = nn.sequential { moved, nn.conv2d { name = "kinds", out = 3, kernel = 3, padding = 1 } } (left)
local logits = nn.linear { name = "out", out = 5 } (features)
local map = nn.sequential {
  flip, shift, nn.conv2d { name = "third", out = 4, kernel = 3, padding = 1 }, nn.conv2d { name = "map", out = 1, kernel = 1 },
} (left)

return nn.model {
  name = "augmented",
  train = { epochs = 1, batch = 9, optimizer = nn.adam { lr = 1e-3 },
            loss = nn.cross_entropy(logits, label) + nn.bce_with_logits(map, shift(flip(nn.sigmoid(mask))))
              + nn.mse(kinds, nn.one_hot(moved(places), { axis = 1 })) },
  predict = { label = nn.argmax(logits), map = map },
  metrics = { accuracy = nn.equal(nn.argmax(logits), label), squares = nn.mse(map, flip(mask)) },
}
