-- Pairs of 3x3 convolutions with max-pools between, as Simonyan and Zisserman's networks have them: so
-- many decisions in a sample that some always lie near a tie.
local nn = require "nn"
local x, kind = nn.input("image", {3, 32, 32}), nn.label("kind", 10)
local y = x
for i = 1, 3 do
  for j = 1, 2 do
    y = nn.relu(nn.conv2d { name = "conv" .. i .. j, out = 16 << i, kernel = 3, padding = 1 }(y))
  end
  y = nn.max_pool2d { kernel = 2 }(y)
end
y = nn.relu(nn.linear { name = "fc1", out = 128 }(nn.flatten(y)))
y = nn.linear { name = "fc2", out = 10 }(y)
return nn.model {
  name = "vgg_small",
  train = { epochs = 1, batch = 100, optimizer = nn.sgd { lr = 0.01, momentum = 0.9 }, loss = nn.cross_entropy(y, kind) },
  predict = { kind = nn.argmax(y) },
  metrics = { accuracy = nn.equal(nn.argmax(y), kind) },
}
