-- error: too much memory
-- The words of the vocabulary at the edge of the memory.
local nn = require "nn"
local full, s = {}, nil
pcall(function() for i = 1, 1e9 do full[i] = ("x"):rep(1 << 16) .. i end end)
for i = 1, 1e9 do
  pcall(nn.max_pool2d, { kernel = 3 })
  pcall(nn.sequential, { nn.relu })
  pcall(nn.normal, 0, i)
  pcall(nn.input, "x" .. i, { 3 })
  full[#full + 1] = { i, ("x"):rep(i) }
end
