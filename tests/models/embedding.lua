-- Rows of tables: for each place of a sequence, for one class, for places of a label, for a prediction.
local nn = require "nn"
local text, kind = nn.label("text", 29, {9}), nn.label("kind", 5)
local letters = nn.embedding { name = "letters", dim = 20 }
local words = nn.embedding { name = "words", dim = 20, num = 33, padding_idx = 3, init = nn.normal(0, 0.5) }
local h = letters(text) + nn.tanh(words(nn.slice(text, 1, 1))) + letters(kind)  -- (9, 20)
local again = nn.linear { name = "again", tie = letters }(h)                      -- (9, 29): which letter it is like
h = nn.gelu(nn.linear { name = "each", out = 37 }(h))
local logits = nn.linear { name = "o", out = 5 }(nn.concat { nn.mean(h, { axis = 1 }), nn.mean(again, { axis = 1 }), nn.embedding { name = "odd", dim = 7, padding_idx = 0 }(kind) })
local guess = nn.argmax(logits)
return nn.model { name = "embedding",
  train = { epochs = 1, batch = 8, optimizer = nn.adam {}, loss = nn.cross_entropy(logits, kind) },
  predict = { guess = guess, h = h, row = nn.embedding { dim = 3 }(guess) },
  metrics = { accuracy = nn.equal(guess, kind) },
}
