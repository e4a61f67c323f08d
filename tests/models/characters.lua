-- The next character of a text by convolutions with strides: each halves the places, until one is left that has seen all.
local nn = require "nn"
local T, classes = 32, 40

local before = nn.label("before", classes, {T}, { windows = 3, array = "text" })
local next   = nn.label("next", classes, { windows = 3, array = "text", offset = T })

local layers = {}
for i = 1, 5 do
  layers[2 * i - 1] = nn.conv1d { name = "conv" .. i, out = 24, kernel = 2, stride = 2 }
  layers[2 * i] = nn.silu
end
local letters = nn.embedding { name = "letters", dim = 12 } (before)
local seen    = nn.sequential(layers)(nn.transpose(letters, 1, 2))
local logits  = nn.linear { name = "last", out = classes } (nn.flatten(seen))

return nn.model {
  train   = { epochs = 1, batch = 20, loss = nn.cross_entropy(logits, next), optimizer = nn.adam { lr = 1e-3 } },
  predict = { next = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), next) },
}
