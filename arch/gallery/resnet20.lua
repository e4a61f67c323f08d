-- ResNet-20 (K. He et al., Deep residual learning for image recognition, 2016). Shortcuts have no parameters (the
-- paper's option A): every second place, and zeros for the channels that are new. The recipe is the paper's, shortened
-- to 30 epochs with one cosine.
local nn = require "nn"

local image = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" })
local class = nn.label("class", 10)
nn.defaults { init = nn.kaiming_normal }

local function conv(name, out, stride)
  return nn.conv2d { name = name, out = out, kernel = 3, stride = stride, padding = 1, bias = false }
end

local function block(name, x, out, stride)
  local y = nn.sequential {
    conv(name .. ".conv1", out, stride), nn.batch_norm2d { name = name .. ".bn1" }, nn.relu,
    conv(name .. ".conv2", out, 1), nn.batch_norm2d { name = name .. ".bn2" },
  } (x)
  if stride > 1 then
    local new = (out - x.shape[1]) // 2
    x = nn.pad(nn.slice(nn.slice(x, 2, 1, -1, 2), 3, 1, -1, 2), 1, new, new)
  end
  return nn.relu(x + y)
end

local x = nn.random_flip(nn.random_crop { padding = 4 } (image))
x = nn.relu(nn.batch_norm2d { name = "bn1" } (conv("conv1", 16, 1)(x)))
for stage, out in ipairs { 16, 32, 64 } do
  for i = 0, 2 do
    x = block(("layer%d.%d"):format(stage, i), x, out, stage > 1 and i == 0 and 2 or 1)
  end
end
local logits = nn.linear { name = "fc", out = 10 } (nn.global_avg_pool2d(x))

return nn.model {
  data    = "cifar10",
  train   = { epochs = 30, batch = 128, loss = nn.cross_entropy(logits, class),
              optimizer = nn.sgd { lr = 0.1 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2, momentum = 0.9,
                                   weight_decay = 1e-4 } },
  predict = { class = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), class) },
}
