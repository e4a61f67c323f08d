local nn = require "nn"
local x, word, few = nn.input("x", {5}), nn.label("word", 30, {7}), nn.label("few", 3)
local a = nn.embedding { dim = 8 }(x)
local b = nn.embedding { name = "b" }
local c = nn.embedding { name = "c", dim = 8, num = 20 }(word)
local d = nn.embedding { name = "d", dim = 8, padding_idx = 30 }(word)
local e = nn.embedding { name = "e", dim = 8 }
local f = e(few)
local g = e(word)
local h = nn.embedding(word)
local i = nn.embedding { name = "i", dim = 8, num_embeddings = 30 }
local y = nn.embedding { name = "y", dim = 4 }(nn.label("places", 5, { 2, 2, 3, 3 }))
