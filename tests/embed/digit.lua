-- A small net for pictures of digits: bytes in, ten probabilities and a digit out.
local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}, { scale = 1 / 255, mean = "train", std = "train" }), nn.label("digit", 10)
local logits = nn.sequential {
  nn.conv2d { name = "conv1", out = 8, kernel = 3, bias = false }, nn.batch_norm2d { name = "norm1" }, nn.relu, nn.max_pool2d,
  nn.conv2d { name = "conv2", out = 16, kernel = 5 }, nn.gelu, nn.max_pool2d,
  nn.flatten, nn.linear { name = "out", out = 10 },
} (image)
return nn.model {
  name = "digit", data = "mnist",
  train = { epochs = 1, batch = 50, loss = nn.cross_entropy(logits, digit), optimizer = nn.adam { lr = 2e-3 } },
  predict = { digit = nn.argmax(logits), p = nn.softmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), digit) },
}
