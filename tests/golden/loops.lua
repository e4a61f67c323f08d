-- nngen: --isa=avx512 --optimize=off
-- Small kernels as loop programs: fields packed, channels joined, a pool's places, losses, sums.
local nn = require "nn"

local left, right = nn.input("left", {3, 2, 2}), nn.input("right", {3, 2, 2})
local class, wanted = nn.label("class", 5), nn.target("wanted", {24})
local conv = nn.conv2d { name = "conv", out = 20, kernel = 1 }
local both = nn.concat { left, right }
local answer = nn.linear { name = "answer", out = 5 }(nn.flatten(conv(both)))

return nn.model {
  train   = { epochs = 1, batch = 8, optimizer = nn.sgd {},
              loss = nn.cross_entropy(answer, class) + nn.mse(nn.flatten(both), wanted) },
  predict = { class = nn.argmax(answer) },
  metrics = { accuracy = nn.equal(nn.argmax(answer), class) },
}
