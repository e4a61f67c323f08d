-- More point-wise layers in a row than a kernel takes: behind a linear layer, and a convolution. Names that differ in dots alone.
local nn = require "nn"

local function chain(layer, n)
  local list = {}
  for i = 1, n do list[i] = layer end
  return nn.sequential(list)
end

local x = nn.input("image", {2, 9, 7})
local kind = nn.label("kind", 5)
local y = nn.sequential {
  nn.conv2d { name = "a.0", out = 19, kernel = 3 }, chain(nn.leaky_relu { slope = 0.9 }, 40),
  nn.max_pool2d {}, nn.flatten,
  nn.linear { name = "a_0", out = 21 }, chain(nn.relu, 40),
  nn.linear { name = "c", out = 5 },
} (x)
return nn.model {
  name = "chain",
  train = { epochs = 1, batch = 37, optimizer = nn.rmsprop { centered = true, momentum = 0.9 }, loss = nn.cross_entropy(y, kind) },
  predict = { kind = nn.argmax(y) },
}
