-- A digit through 16 numbers and back, by convolutions and transposed ones.
local nn = require "nn"

local image = nn.input("image", {1, 28, 28})

local encoder = nn.sequential {
  nn.conv2d { name = "conv1", out = 16, kernel = 3, stride = 2, padding = 1 }, nn.relu,
  nn.conv2d { name = "conv2", out = 32, kernel = 3, stride = 2, padding = 1 }, nn.relu,
  nn.flatten, nn.linear { name = "code", out = 16 },
}
local decoder = nn.sequential {
  nn.linear { name = "grow", out = 32 * 7 * 7 }, nn.relu,
  function(x) return nn.reshape(x, {32, 7, 7}) end,
  nn.conv_transpose2d { name = "up1", out = 16, kernel = 4, stride = 2, padding = 1 }, nn.relu,
  nn.conv_transpose2d { name = "up2", out = 1, kernel = 4, stride = 2, padding = 1 },
}
local code  = encoder(image)
local again = decoder(code)

return nn.model {
  data    = "mnist",
  train   = { epochs = 10, batch = 64, loss = nn.mse(again, image),
              optimizer = nn.adam { lr = 1e-3 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2 } },
  predict = { code = code, again = again },
}
