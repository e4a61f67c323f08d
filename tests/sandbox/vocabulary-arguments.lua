-- error: there are too many mistakes
-- Every word of the vocabulary on every kind of value.
local nn = require "nn"
local x = nn.input("x", { 3 })
local words = { "input", "label", "target", "param", "linear", "conv2d", "max_pool2d", "dropout", "relu",
                "flatten", "concat", "sequential", "argmax", "equal", "mse", "cross_entropy", "min", "cos",
                "zeros", "normal", "sgd", "adam", "model" }
local values = { 1, -1, 0 / 0, "", "x", true, {}, { {} }, print, nn, nn.relu, nn.epoch, x, nn.sgd {}, nn.zeros }
for _, word in ipairs(words) do
  for _, a in ipairs(values) do
    for _, b in ipairs(values) do pcall(nn[word], a, b) end
    pcall(nn[word], a)
    pcall(nn[word], { a })
    pcall(nn[word], table.unpack(values))
  end
end
