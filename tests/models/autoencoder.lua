-- An image through a narrow place and back, of linear layers.
local nn = require "nn"
local image = nn.input("image", {1, 12, 12})

local code = nn.sequential {
  nn.flatten, nn.linear { name = "encoder1", out = 48 }, nn.relu, nn.linear { name = "encoder2", out = 6 },
} (image)
local again = nn.sequential {
  nn.linear { name = "decoder1", out = 48 }, nn.relu, nn.linear { name = "decoder2", out = 144 },
} (code)

return nn.model {
  train   = { epochs = 1, batch = 32, loss = nn.mse(again, nn.flatten(image)), optimizer = nn.adam { lr = 1e-3 } },
  predict = { code = code, again = again },
}
