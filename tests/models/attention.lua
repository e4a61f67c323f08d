-- A transformer's block over letters, attention of heads that are one after the other and over another sequence, products of
-- matrices with axes that broadcast; sizes that are no multiples of 16, dropout of weights.
local nn = require "nn"
local text, image, next = nn.label("text", 29, {19}), nn.input("image", {3, 18, 5}), nn.label("next", 29)
local letters = nn.embedding { name = "letters", dim = 20 }
local h = letters(text)
h = h + nn.multihead_attention { name = "self", heads = 2, causal = true, dropout = 0.1 }(nn.layer_norm { name = "n1" }(h))
h = h + nn.linear { name = "down", out = 20 }(nn.gelu(nn.linear { name = "up", out = 37 }(nn.layer_norm { name = "n2" }(h))))
local q, k, v = nn.conv2d { name = "q", out = 3, kernel = 1 }(image), nn.conv2d { name = "k", out = 3, kernel = 1 }(image), nn.tanh(image)
local heads = nn.scaled_dot_product_attention(q, nn.slice(k, 2, 3), nn.slice(v, 2, 3), { dropout = 0.2 })
local w = nn.linear { name = "w", out = 5 }(nn.slice(h, 1, 2))                           -- (18, 5)
local across = nn.scaled_dot_product_attention(nn.slice(h, 1, 1, 4), h, nn.tanh(h), { scale = 0.3 })
local product = nn.matmul(nn.matmul(nn.tanh(heads), w, { transpose_b = true }), nn.tanh(q))  -- (3, 18, 5)
local z = nn.concat { nn.mean(across, { axis = 1 }), nn.flatten(nn.mean(product, { axis = 3 })), nn.flatten(nn.matmul(w, nn.tanh(w), { transpose_a = true })) }
local logits = nn.linear { name = "o", tie = letters }(nn.linear { name = "z", out = 20, bias = false }(z))
return nn.model { name = "attention",
  train = { epochs = 1, batch = 8, optimizer = nn.adam {}, loss = nn.cross_entropy(logits, next) },
  predict = { next = nn.argmax(logits), h = h, product = product },
  metrics = { accuracy = nn.equal(nn.argmax(logits), next) },
}
