-- The next character of a text, at each of 64 places: a layer with long short-term memory reads it.
local nn = require "nn"
local T, width, classes = 64, 128, 65

local text = nn.label("text", classes, {T}, { windows = 1 })
local next = nn.label("next", classes, {T}, { windows = 1, array = "text", offset = 1 })

local logits = nn.sequential {
  nn.embedding { name = "embedding", dim = width },
  nn.lstm { name = "lstm", hidden = width },
  nn.linear { name = "head", out = classes },
} (text)
local loss = nn.cross_entropy(logits, next)

-- 100 steps of warm-up, under a cosine down to a twentieth.
local warm, course = nn.min((nn.step + 1) / 100, 1), nn.cos(math.pi * nn.step / nn.steps)
local lr = 2e-3 * warm * (0.05 + 0.475 * (1 + course))

return nn.model {
  train   = { steps = 2000, eval_every = 250, eval_samples = 1024, batch = 64, loss = loss, clip_grad_norm = 1.0,
              optimizer = nn.adam { lr = lr, beta2 = 0.99 } },
  predict = { next = nn.softmax(logits) },
  metrics = { perplexity = nn.exp(loss) },
}
