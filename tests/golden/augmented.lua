-- A chain of random moves on an input is one kernel in training, without those that never move, and none
-- elsewhere; the mask goes the same ways.
local nn = require "nn"
local image, mask, class = nn.input("image", { 3, 8, 8 }), nn.target("mask", { 1, 8, 8 }), nn.label("class", 4)
local augment = nn.sequential {
  nn.random_flip { name = "flip" }, nn.random_crop { name = "crop", padding = 2, mode = "reflect" },
  nn.random_crop { padding = 0 }, nn.random_erase { name = "erase", size = 3 }, nn.random_flip { axis = 1, p = 0 },
}
local y = nn.conv2d { name = "conv", out = 4, kernel = 3, padding = 1 } (augment(image))
local map = nn.conv2d { name = "map", out = 1, kernel = 1 } (nn.relu(y))
local logits = nn.linear { name = "fc", out = 4 } (nn.flatten(nn.random_flip { name = "inner" } (y)))
return nn.model {
  name = "augmented",
  train = { epochs = 1, batch = 8, optimizer = nn.sgd {},
            loss = nn.cross_entropy(logits, class) + nn.bce_with_logits(map, augment(mask)) },
  predict = { class = nn.argmax(logits) },
}
