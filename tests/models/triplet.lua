-- An anchor is to be nearer to what it belongs with than to anything else, by a margin (F. Schroff et al., FaceNet, 2015).
local nn = require "nn"
local anchor, positive, negative = nn.input("anchor", {20}), nn.input("positive", {20}), nn.input("negative", {20})

local embed = nn.sequential { nn.linear { name = "fc1", out = 33 }, nn.relu, nn.linear { name = "fc2", out = 8 } }
local function unit(x)
  local y = embed(x)
  return y / nn.sqrt(nn.sum(y ^ 2, { axis = 1, keepdim = true }) + 1e-6)
end
local a, p, n = unit(anchor), unit(positive), unit(negative)
local near, far = nn.sum((a - p) ^ 2), nn.sum((a - n) ^ 2)

return nn.model {
  train   = { epochs = 1, batch = 32, loss = nn.maximum(near - far + 0.2, 0), optimizer = nn.adam { lr = 1e-3 } },
  predict = { a = a },
  metrics = { nearer = nn.less(near, far) },
}
