-- DenseNet-BC (G. Huang et al., Densely connected convolutional networks, 2017) with three blocks of six layers and
-- growth 12: each layer reads what all layers before it in its block have made.
local nn = require "nn"

local image = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" })
local class = nn.label("class", 10)
local growth = 12

local function unit(name, x, out, options)
  options.name, options.out, options.bias = name .. ".conv", out, false
  return nn.conv2d(options)(nn.relu(nn.batch_norm2d { name = name .. ".norm" } (x)))
end

local x = nn.random_flip(nn.random_crop { padding = 4 } (image))
x = nn.conv2d { name = "first", out = 2 * growth, kernel = 3, padding = 1, bias = false } (x)
for stage = 1, 3 do
  for i = 0, 5 do
    local name = ("block%d.%d"):format(stage, i)
    local y = unit(name .. ".inner", x, 4 * growth, { kernel = 1 })
    x = nn.concat { x, unit(name .. ".outer", y, growth, { kernel = 3, padding = 1 }), axis = 1 }
  end
  if stage < 3 then
    x = nn.avg_pool2d { kernel = 2 } (unit("transition" .. stage, x, x.shape[1] // 2, { kernel = 1 }))
  end
end
x = nn.relu(nn.batch_norm2d { name = "last" } (x))
local logits = nn.linear { name = "head", out = 10 } (nn.global_avg_pool2d(x))

return nn.model {
  data    = "cifar10",
  train   = { epochs = 5, batch = 64, loss = nn.cross_entropy(logits, class),
              optimizer = nn.sgd { lr = 0.1 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2, momentum = 0.9,
                                   nesterov = true, weight_decay = 1e-4 } },
  predict = { class = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), class) },
}
