-- Stands for nn.model in the copies of architectures that tests compile: each phase is ten steps of plain gradient
-- descent, a batch each, in the order of the data. The rate is the program's --lr-scale.
local nn = require "nn"

local others = { "steps", "eval_every", "eval_samples", "keep", "monitor", "patience", "min_delta",
                 "clip_grad_norm", "clip_grad_value", "accumulate", "ema" }

return function(options)
  for _, phase in ipairs(options.train.loss and { options.train } or options.train) do
    phase.epochs, phase.shuffle, phase.optimizer = 10, false, nn.sgd { lr = 1 }
    for _, name in ipairs(others) do phase[name] = nil end
  end
  return nn.model(options)
end
