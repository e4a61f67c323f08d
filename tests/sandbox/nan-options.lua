-- error: wants a whole number, got 0/0
local nn = require "nn"
local nan, inf = 0 / 0, 1 / 0
nn.linear { out = nan }
nn.linear { out = inf, bias = nan }
nn.conv2d { out = -inf, kernel = { nan, inf }, stride = nan, padding = -1, dilation = inf, groups = nan }
nn.max_pool2d { kernel = { 1, 2, 3 }, stride = { nan }, padding = { -0.0, -inf } }
nn.adam { lr = nan, beta1 = inf, beta2 = -inf, eps = nan, weight_decay = nan }
nn.leaky_relu { slope = nan }
nn.normal(nan, inf)
local x = nn.epoch * nan + inf
