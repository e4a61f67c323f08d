-- error: variable 'b' got a non-closable value
local nn = require "nn"
local a <close> = nil
local b <close> = nn.relu
