local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local answer = nn.linear { name = "fc", out = 10 }(nn.flatten(image))
local a = nn.adam { groups = {} }
local b = nn.adam { groups = { match = "*" } }
local c = nn.adam { groups = {
  { lr = 1 },
  { match = 3 },
  { match = "*", momentum = 0.9 },
  { match = "*", beta1 = 1 },
  { match = "*", lr = answer },
} }
local d = nn.adam { groups = "bias" }
return nn.model {
  train = {
    epochs = 1, batch = 10, loss = nn.cross_entropy(answer, digit),
    optimizer = nn.sgd { groups = { { match = { "*bias", "norm*" }, weight_decay = 0 } } },
  },
}
