-- A net for CIFAR-10 that learns in ten epochs (after D. Page's DAWNBench entries and K. Jordan's airbench): a 2x2
-- convolution, and three groups of two convolutions.
local nn = require "nn"

local image = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" })
local class = nn.label("class", 10)

local function norm(name) return nn.batch_norm2d { name = name, momentum = 0.4, weight = false } end

local function conv(name, out)
  return nn.conv2d { name = name, out = out, kernel = 3, padding = 1, bias = false }
end

local function group(name, out)
  return nn.sequential {
    conv(name .. ".conv1", out), nn.max_pool2d, norm(name .. ".norm1"), nn.gelu,
    conv(name .. ".conv2", out), norm(name .. ".norm2"), nn.gelu,
  }
end

local logits = nn.sequential {
  nn.random_crop { padding = 2, mode = "reflect" }, nn.random_flip,
  nn.conv2d { name = "first", out = 24, kernel = 2 }, nn.gelu,
  group("group1", 64), group("group2", 256), group("group3", 256),
  nn.max_pool2d { kernel = 3 }, nn.flatten,
  nn.linear { name = "head", out = 10, bias = false },
} (image) / 9

local up  = nn.steps * 0.23
local lr  = nn.where(nn.less(nn.step, up), nn.step / up, (nn.steps - nn.step) / (nn.steps - up))

return nn.model {
  data    = "cifar10",
  train   = { epochs = 10, batch = 512, drop_last = true,
              loss = nn.cross_entropy(logits, class, { label_smoothing = 0.1 }),
              optimizer = nn.sgd { lr = 1.5 * lr, momentum = 0.85, nesterov = true, weight_decay = 5e-4 } },
  predict = { class = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), class) },
}
