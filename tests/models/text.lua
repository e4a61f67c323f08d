-- The next character from the six before it: windows of one long text.
local nn = require "nn"

local before = nn.label("before", 29, {6}, { windows = 2, array = "text" })
local next = nn.label("next", 29, { windows = 2, array = "text", offset = 6 })
local logits = nn.sequential { nn.flatten, nn.linear { out = 33 }, nn.relu, nn.linear { out = 29 } }(nn.one_hot(before))

return nn.model {
  train   = { epochs = 1, batch = 20, optimizer = nn.adam {}, loss = nn.cross_entropy(logits, next) },
  predict = { next = nn.argmax(logits) },
  metrics = { repeats = nn.equal(nn.slice(before, 1, -1), nn.slice(before, 1, -2, -2)), odd = nn.mean(nn.one_hot(nn.slice(before, 1, 1, -1, 2))), accuracy = nn.equal(nn.argmax(logits), next), vowels = nn.mean(nn.less(before, 5)) },
}
