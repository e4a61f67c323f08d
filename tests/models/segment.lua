-- A class for each pixel, by convolutions whose taps move apart (F. Yu, V. Koltun, Multi-scale context aggregation by
-- dilated convolutions, 2016). Pixels of class 3 are unknown.
local nn = require "nn"
local image, pixels = nn.input("image", {2, 15, 17}), nn.label("pixels", 4, {15, 17})

local layers = {}
for i, dilation in ipairs { 1, 2, 4 } do
  layers[2 * i - 1] = nn.conv2d { name = "conv" .. i, out = 16, kernel = 3, dilation = dilation, padding = dilation }
  layers[2 * i] = nn.relu
end
layers[7] = nn.conv2d { name = "last", out = 4, kernel = 1 }
local logits = nn.sequential(layers)(image)
local guess, known = nn.argmax(logits, { axis = 1 }), nn.less(pixels, 3)

return nn.model {
  train   = { epochs = 1, batch = 16, loss = nn.cross_entropy(logits, pixels, { ignore_index = 3 }), optimizer = nn.adam { lr = 1e-3 } },
  predict = { pixels = guess },
  metrics = { right = nn.overall(nn.sum(nn.equal(guess, pixels) * known)) / nn.overall(nn.sum(known)) },
}
