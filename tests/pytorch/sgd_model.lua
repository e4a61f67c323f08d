-- Stands for nn.model in the copies of architectures that tests compile: each phase is ten steps of plain gradient
-- descent, a batch each, in the order of the data. The rate is the program's --lr-scale.
local nn = require "nn"

local others = { "steps", "eval_every", "eval_samples", "keep", "monitor", "patience", "min_delta",
                 "clip_grad_norm", "clip_grad_value", "accumulate", "ema" }

return function(options)
  local train = options.train
  for _, phase in ipairs((type(train) ~= "table" or train.loss) and { train } or train) do
    if type(phase) == "table" then -- else it is made by sgd_alternate
      phase.epochs, phase.shuffle, phase.optimizer = 10, false, nn.sgd { lr = 1 }
      for _, name in ipairs(others) do phase[name] = nil end
    end
  end
  return nn.model(options)
end
