-- A residual net whose blocks weigh their channels by what the whole image shows (J. Hu et al., Squeeze-and-excitation
-- networks, 2018).
local nn = require "nn"

local image = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" })
local class = nn.label("class", 10)


local function block(name, x, out, stride)
  local y = nn.sequential {
    nn.conv2d { name = name .. ".conv1", out = out, kernel = 3, stride = stride, padding = 1, bias = false },
    nn.batch_norm2d { name = name .. ".norm1" }, nn.relu,
    nn.conv2d { name = name .. ".conv2", out = out, kernel = 3, padding = 1, bias = false },
    nn.batch_norm2d { name = name .. ".norm2" },
  } (x)
  local weight = nn.sequential {
    nn.global_avg_pool2d,
    nn.linear { name = name .. ".squeeze", out = out // 8 }, nn.relu,
    nn.linear { name = name .. ".excite", out = out }, nn.sigmoid,
  } (y)
  if stride > 1 or x.shape[1] ~= out then
    x = nn.conv2d { name = name .. ".shortcut", out = out, kernel = 1, stride = stride, bias = false } (x)
  end
  return nn.relu(x + y * nn.reshape(weight, {out, 1, 1}))
end

local x = nn.random_flip(nn.random_crop { padding = 4 } (image))
x = nn.conv2d { name = "first", out = 16, kernel = 3, padding = 1, bias = false } (x)
x = nn.relu(nn.batch_norm2d { name = "norm" } (x))
for stage, out in ipairs { 16, 32, 64 } do
  for i = 0, 1 do
    x = block(("stage%d.%d"):format(stage, i), x, out, stage > 1 and i == 0 and 2 or 1)
  end
end
local logits = nn.linear { name = "head", out = 10 } (nn.global_avg_pool2d(x))

return nn.model {
  data    = "cifar10",
  train   = { epochs = 5, batch = 64, loss = nn.cross_entropy(logits, class),
              optimizer = nn.sgd { lr = 0.1 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2, momentum = 0.9,
                                   weight_decay = 1e-4 } },
  predict = { class = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), class) },
}
