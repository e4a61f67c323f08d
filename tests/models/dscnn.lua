-- Depthwise-separable convolutions on a spectrogram, as keyword spotters have them.
local nn = require "nn"
local x, word = nn.input("spectrogram", {1, 49, 10}), nn.label("word", 12)
local y = nn.relu(nn.conv2d { name = "conv", out = 64, kernel = {10, 4}, stride = 2, padding = {5, 1} }(x))
for i = 1, 4 do
  y = nn.relu(nn.conv2d { name = "depth" .. i, out = 64, kernel = 3, padding = 1, groups = 64 }(y))
  y = nn.relu(nn.conv2d { name = "point" .. i, out = 64, kernel = 1 }(y))
end
y = nn.avg_pool2d { kernel = {25, 5} }(y)
y = nn.linear { name = "fc", out = 12 }(nn.flatten(y))
return nn.model {
  name = "dscnn",
  train = { epochs = 1, batch = 100, optimizer = nn.adam { lr = 1e-3 }, loss = nn.cross_entropy(y, word) },
  predict = { word = nn.argmax(y) },
  metrics = { accuracy = nn.equal(nn.argmax(y), word) },
}
