-- Stands for nn.alternate as sgd_model.lua does for nn.model: ten steps in turns.
local nn = require "nn"

local others = { "steps", "eval_every", "eval_samples", "keep", "monitor", "patience", "min_delta", "accumulate", "ema" }

return function(options)
  options.epochs, options.shuffle = 10, false
  for _, name in ipairs(others) do options[name] = nil end
  for _, member in ipairs(options) do
    member.optimizer, member.clip_grad_norm, member.clip_grad_value = nn.sgd { lr = 1 }, nil, nil
  end
  return nn.alternate(options)
end
