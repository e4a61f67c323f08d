-- Objects in small photographs (A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images,
-- 2009): a convolutional network of 123,000 parameters. README.md says how it is trained.
local nn = require "nn"

local image = nn.input("image", {3, 32, 32}, { scale = 1 / 255, mean = "train", std = "train" })
local class = nn.label("class", 10, { names = {
  "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck" } })

local function block(out)
  return nn.sequential {
    nn.conv2d { out = out, kernel = 3, padding = 1, init = nn.kaiming_normal }, nn.relu, nn.max_pool2d,
  }
end
local logits = nn.sequential {
  block(32), block(64), block(64), nn.flatten, nn.dropout { p = 0.3 },
  nn.linear { out = 64 }, nn.relu, nn.linear { out = 10 },
} (image)
local guess = nn.argmax(logits)

local warm = nn.min(1, (nn.step + 1) / 200)
return nn.model {
  train = {
    epochs = 12, batch = 64, loss = nn.cross_entropy(logits, class),
    optimizer = nn.adam { lr = 1e-3 * warm * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2 },
    keep = "best", monitor = "val_accuracy",
  },
  predict = { class = guess },
  metrics = { accuracy = nn.equal(guess, class) },
}
