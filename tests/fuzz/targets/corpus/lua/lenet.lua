local nn = require "nn"
local image = nn.input("image", {1, 28, 28})
local digit = nn.label("digit", 10)
local net = nn.sequential {
  nn.conv2d { name = "conv1", out = 16, kernel = 5, padding = 2 }, nn.relu, nn.max_pool2d {},
  nn.conv2d { name = "conv2", out = 32, kernel = {5, 3}, stride = 2, dilation = {1, 2}, groups = 4 },
  nn.leaky_relu { slope = 0.2 }, nn.avg_pool2d { kernel = 2, stride = 1, padding = 1 },
  nn.dropout2d { p = 0.1 }, nn.flatten, nn.dropout { p = 0.3 },
  nn.linear { name = "last", out = 10 },
}
local answer = net(image)
return nn.model {
  data    = "mnist",
  name    = "lenet",
  train   = { epochs = 10, batch = 64, optimizer = nn.adam { lr = 1e-3 },
              loss = nn.cross_entropy(answer, digit) },
  predict = { digit = nn.argmax(answer) },
  metrics = { accuracy = nn.equal(nn.argmax(answer), digit) },
}
