-- An image through a narrow place and back, of linear layers. In the difference the image comes first, so the layer's
-- gradient is made in the order of its places.
local nn = require "nn"
local image = nn.input("image", {1, 12, 12})

local code = nn.sequential {
  nn.flatten, nn.linear { name = "encoder1", out = 48 }, nn.relu, nn.linear { name = "encoder2", out = 6 },
} (image)
local again = nn.sequential {
  nn.linear { name = "decoder1", out = 48 }, nn.relu, nn.linear { name = "decoder2", out = 144 },
} (code)

return nn.model {
  train   = { epochs = 1, batch = 32, loss = nn.mean((nn.flatten(image) - again) ^ 2), optimizer = nn.adam { lr = 1e-3 } },
  predict = { code = code, again = again },
}
