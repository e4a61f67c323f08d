-- The next character of a text from the 24 before it, each seen as one of 65. README.md says how it is
-- trained.
local nn = require "nn"

local LENGTH, CHARACTERS = 24, 65
local before = nn.label("before", CHARACTERS, {LENGTH}, { windows = 1, array = "text" })
local after = nn.label("after", CHARACTERS, { windows = 1, array = "text", offset = LENGTH })

local logits = nn.sequential {
  nn.flatten, nn.linear { out = 256 }, nn.relu, nn.dropout { p = 0.1 },
  nn.linear { out = 256 }, nn.relu, nn.linear { out = CHARACTERS },
} (nn.one_hot(before))

local rise, fall = (nn.step + 1) / 200, 1 - nn.step / nn.steps
return nn.model {
  train = {
    steps = 12000, batch = 128, loss = nn.cross_entropy(logits, after), eval_every = 1000, eval_samples = 20000,
    optimizer = nn.adam { lr = 2e-3 * nn.where(nn.less(nn.step, 200), rise, fall) }, keep = "best",
  },
  predict = { after = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), after), perplexity = nn.exp(nn.cross_entropy(logits, after)) },
}
