-- A small net of the fields and predictions of arch/gallery/chargpt.lua, for examples/writer.
local nn = require "nn"
local T = 8
local text = nn.label("text", 5, {T}, { windows = 1 })
local next = nn.label("next", 5, {T}, { windows = 1, array = "text", offset = 1 })
local x = nn.gru { name = "gru", hidden = 16 } (nn.embedding { name = "letters", dim = 8 } (text))
local logits = nn.linear { name = "out", out = 5 } (x)
return nn.model {
  name = "chargpt",
  train = { epochs = 3, batch = 16, loss = nn.cross_entropy(logits, next), optimizer = nn.adam { lr = 1e-2 } },
  predict = { next = nn.softmax(logits) },
}
