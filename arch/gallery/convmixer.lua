-- ConvMixer (A. Trockman, J. Kolter, Patches are all you need?, 2022): patches of 2 x 2, depthwise convolutions that
-- mix places, 1x1 convolutions that mix channels.
local nn = require "nn"

local image = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" })
local class = nn.label("class", 10)
local width, depth, kernel = 64, 4, 5

local function after(name) return nn.sequential { nn.gelu, nn.batch_norm2d { name = name .. ".norm" } } end

local x = nn.random_flip(nn.random_crop { padding = 4 } (image))
x = after("patch")(nn.conv2d { name = "patch.conv", out = width, kernel = 2, stride = 2 } (x))
for i = 0, depth - 1 do
  local place, channel = "mix" .. i .. ".place", "mix" .. i .. ".channel"
  x = x + after(place)(nn.conv2d { name = place .. ".conv", out = width, kernel = kernel, groups = width,
                                   padding = "same" } (x))
  x = after(channel)(nn.conv2d { name = channel .. ".conv", out = width, kernel = 1 } (x))
end
local logits = nn.linear { name = "head", out = 10 } (nn.global_avg_pool2d(x))

return nn.model {
  data    = "cifar10",
  train   = { epochs = 5, batch = 64, loss = nn.cross_entropy(logits, class),
              optimizer = nn.adamw { lr = 5e-3 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2, weight_decay = 0.01 } },
  predict = { class = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), class) },
}
