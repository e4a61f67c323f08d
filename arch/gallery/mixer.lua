-- MLP-Mixer (I. Tolstikhin et al., 2021): linear layers that mix patches, and linear layers that mix channels.
local nn = require "nn"

local image = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" })
local class = nn.label("class", 10)
local width, depth, patches = 128, 4, 64

local function mlp(name, wide, out)
  return nn.sequential {
    nn.linear { name = name .. ".wide", out = wide }, nn.gelu, nn.linear { name = name .. ".narrow", out = out },
  }
end

local function block(name, x)
  local places = nn.transpose(nn.layer_norm { name = name .. ".norm1" } (x), 1, 2)
  x = x + nn.transpose(mlp(name .. ".places", 64, patches)(places), 1, 2)
  return x + mlp(name .. ".channels", 256, width)(nn.layer_norm { name = name .. ".norm2" } (x))
end

local x = nn.random_flip(nn.random_crop { padding = 4 } (image))
x = nn.conv2d { name = "patch", out = width, kernel = 4, stride = 4 } (x)
x = nn.transpose(nn.reshape(x, {width, patches}), 1, 2)
for i = 0, depth - 1 do x = block("block" .. i, x) end
x = nn.mean(nn.layer_norm { name = "norm" } (x), { axis = 1 })
local logits = nn.linear { name = "head", out = 10 } (x)

return nn.model {
  data    = "cifar10",
  train   = { epochs = 10, batch = 128, loss = nn.cross_entropy(logits, class),
              optimizer = nn.adamw { lr = 1e-3 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2, weight_decay = 0.05 } },
  predict = { class = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), class) },
}
