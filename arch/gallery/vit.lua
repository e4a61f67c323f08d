-- A vision transformer (A. Dosovitskiy et al., An image is worth 16x16 words, 2021): patches of 4 x 4 as a sequence.
local nn = require "nn"

local image = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" })
local class = nn.label("class", 10)
local width, depth, heads, patches = 96, 6, 4, 64

local function block(name, x)
  local a = nn.layer_norm { name = name .. ".norm1" } (x)
  x = x + nn.multihead_attention { name = name .. ".attention", heads = heads } (a)
  return x + nn.sequential {
    nn.layer_norm { name = name .. ".norm2" },
    nn.linear { name = name .. ".wide", out = 2 * width }, nn.gelu,
    nn.linear { name = name .. ".narrow", out = width },
  } (x)
end

local x = nn.random_flip(nn.random_crop { padding = 4 } (image))
x = nn.conv2d { name = "patch", out = width, kernel = 4, stride = 4 } (x)
x = nn.transpose(nn.reshape(x, {width, patches}), 1, 2)
x = x + nn.parameter("place", {patches, width}, { init = nn.normal(0, 0.02) })
for i = 0, depth - 1 do x = block("block" .. i, x) end
x = nn.mean(nn.layer_norm { name = "norm" } (x), { axis = 1 })
local logits = nn.linear { name = "head", out = 10 } (x)

local warm = nn.steps / 10
local lr   = nn.where(nn.less(nn.step, warm), nn.step / warm,
                      (1 + nn.cos(math.pi * (nn.step - warm) / (nn.steps - warm))) / 2)

return nn.model {
  data    = "cifar10",
  train   = { epochs = 10, batch = 128, loss = nn.cross_entropy(logits, class),
              optimizer = nn.adamw { lr = 1e-3 * lr, weight_decay = 0.05 } },
  predict = { class = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), class) },
}
