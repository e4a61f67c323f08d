-- MobileNet v2 (M. Sandler et al., Inverted residuals and linear bottlenecks, 2018), for images of 32 x 32: fewer
-- strides, half as many blocks.
local nn = require "nn"

local image = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" })
local class = nn.label("class", 10)

local function unit(name, out, options)
  options.name, options.out, options.bias = name .. ".conv", out, false
  return nn.sequential { nn.conv2d(options), nn.batch_norm2d { name = name .. ".norm" } }
end

local function bottleneck(name, x, expand, out, stride)
  local wide = x.shape[1] * expand
  local y = nn.sequential {
    unit(name .. ".expand", wide, { kernel = 1 }), nn.relu6,
    unit(name .. ".depthwise", wide, { kernel = 3, stride = stride, padding = 1, groups = wide }), nn.relu6,
    unit(name .. ".project", out, { kernel = 1 }),
  } (x)
  return stride == 1 and x.shape[1] == out and x + y or y
end

local x = nn.random_flip(nn.random_crop { padding = 4 } (image))
x = nn.relu6(unit("first", 16, { kernel = 3, padding = 1 })(x))
for stage, row in ipairs { { 16, 1, 1 }, { 24, 2, 1 }, { 32, 2, 2 }, { 64, 2, 2 }, { 96, 2, 1 }, { 160, 1, 2 } } do
  for i = 1, row[2] do
    x = bottleneck(("stage%d.%d"):format(stage, i - 1), x, 4, row[1], i == 1 and row[3] or 1)
  end
end
x = nn.relu6(unit("last", 320, { kernel = 1 })(x))
local logits = nn.linear { name = "head", out = 10 } (nn.global_avg_pool2d(x))

return nn.model {
  data    = "cifar10",
  train   = { epochs = 5, batch = 64, loss = nn.cross_entropy(logits, class),
              optimizer = nn.sgd { lr = 0.05 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2, momentum = 0.9,
                                   weight_decay = 1e-4 } },
  predict = { class = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), class) },
}
