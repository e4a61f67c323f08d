local nn = require "nn"
local x, word = nn.input("x", {4, 16}), nn.label("word", 30, {4})
local table = nn.embedding { name = "table", dim = 16 }
local early = nn.linear { name = "early", tie = table }(x)
local e = table(word)
local other = nn.linear { name = "other", tie = table, out = 20 }(x)
local narrow = nn.linear { name = "narrow", tie = table }(nn.slice(x, 2, 1, 8))
local conv = nn.conv2d { name = "conv", out = 4, kernel = 3 }
local of_conv = nn.linear { name = "of_conv", tie = conv }(x)
local of_word = nn.linear { name = "of_word", tie = "table" }(x)
local none = nn.linear { name = "none" }(x)
local kind = nn.linear { name = "kind", tie = nn.embedding }(x)
