-- error: `error` was called with a function, not with a message
local nn = require "nn"
for _, v in ipairs { 1, 0 / 0, true, {}, print, nn, nn.relu, nn.epoch, nn.sgd {}, nn.zeros } do
  local ok, e = pcall(error, v, 1e9)
  if ok or e ~= v and e == e then return end
end
error(error)
