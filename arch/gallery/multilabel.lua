-- Four questions about a digit, each with its own yes or no: is it odd, prime, has it a loop, is it above 4?
local nn = require "nn"

local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)

local logits = nn.sequential {
  nn.conv2d { name = "conv1", out = 16, kernel = 5, padding = 2 }, nn.relu, nn.max_pool2d,
  nn.conv2d { name = "conv2", out = 32, kernel = 5 }, nn.relu, nn.max_pool2d,
  nn.flatten,
  nn.linear { name = "fc1", out = 128 }, nn.relu, nn.dropout { name = "drop", p = 0.3 },
  nn.linear { name = "fc2", out = 4 },
} (image)

-- 1 if the digit is one of the list, as (1).
local function any(digits)
  local sum = 0
  for _, d in ipairs(digits) do sum = sum + nn.slice(nn.one_hot(digit), 1, d + 1, d + 1) end
  return sum
end
local answers = nn.concat { any { 1, 3, 5, 7, 9 }, any { 2, 3, 5, 7 }, any { 0, 6, 8, 9 }, any { 5, 6, 7, 8, 9 } }
local right   = nn.equal(nn.greater_equal(logits, 0), answers)

return nn.model {
  data    = "mnist",
  train   = { epochs = 5, batch = 64, loss = nn.bce_with_logits(logits, answers),
              optimizer = nn.adam { lr = 1e-3 * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2 } },
  predict = { answers = nn.sigmoid(logits) },
  metrics = { accuracy = nn.mean(right), all_four = nn.equal(nn.sum(right), 4) },
}
