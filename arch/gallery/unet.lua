-- U-Net (O. Ronneberger et al., 2015): a class for each pixel of a noisy picture with digits pasted on it
-- (tools/gallery-data makes the set): 0 is the ground, d + 1 the digit d.
local nn = require "nn"

local image = nn.input("image", {1, 64, 64}, { scale = 1 / 255, mean = "train", std = "train" })
local class = nn.label("class", 11, {64, 64})

local function double(name, out)
  local list = {}
  for i = 1, 2 do
    list[#list + 1] = nn.conv2d { name = name .. ".conv" .. i, out = out, kernel = 3, padding = 1, bias = false }
    list[#list + 1] = nn.batch_norm2d { name = name .. ".norm" .. i }
    list[#list + 1] = nn.relu
  end
  return nn.sequential(list)
end

local x, widths, kept = image, { 16, 32, 64 }, {}
for i, width in ipairs(widths) do
  kept[i] = double("down" .. i, width)(x)
  x = nn.max_pool2d(kept[i])
end
x = double("bottom", 128)(x)
for i = #widths, 1, -1 do
  x = nn.conv_transpose2d { name = "up" .. i .. ".grow", out = widths[i], kernel = 2, stride = 2 } (x)
  x = double("up" .. i, widths[i])(nn.concat { x, kept[i], axis = 1 })
end
local logits = nn.conv2d { name = "head", out = 11, kernel = 1 } (x)
local answer = nn.argmax(logits, { axis = 1 })

-- Intersection over union of each class, over all pixels of the split.
local iou = 0
local is, said = nn.one_hot(class, { axis = 1 }), nn.one_hot(answer, { axis = 1 })
for c = 1, 11 do
  local a, b = nn.slice(is, 1, c, c), nn.slice(said, 1, c, c)
  iou = iou + nn.overall(nn.mean(a * b)) / nn.overall(nn.mean(nn.maximum(a, b)))
end

return nn.model {
  train   = { epochs = 10, batch = 16, loss = nn.cross_entropy(logits, class),
              optimizer = nn.adam { lr = 2e-3 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2 } },
  predict = { class = answer },
  metrics = { iou = iou / 11, accuracy = nn.mean(nn.equal(answer, class)) },
}
