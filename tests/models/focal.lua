-- Samples that are right already count little (T.-Y. Lin et al., Focal loss for dense object detection, 2017); labels are
-- smoothed beside it.
local nn = require "nn"
local image, kind = nn.input("image", {1, 12, 12}), nn.label("kind", 5)

local logits = nn.sequential {
  nn.conv2d { name = "conv1", out = 12, kernel = 3 }, nn.relu, nn.max_pool2d,
  nn.flatten, nn.linear { name = "fc1", out = 24 }, nn.relu, nn.linear { name = "fc2", out = 5 },
} (image)
local surprise = nn.cross_entropy(logits, kind, { reduction = "none" })
local focal    = (1 - nn.exp(-surprise)) ^ 2 * surprise

return nn.model {
  train   = { epochs = 1, batch = 32, loss = focal + 0.1 * nn.cross_entropy(logits, kind, { label_smoothing = 0.1 }),
              optimizer = nn.adam { lr = 1e-3 } },
  predict = { kind = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), kind) },
}
