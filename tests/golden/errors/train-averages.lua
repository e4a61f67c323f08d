local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local answer = nn.linear { name = "fc", out = 10 }(nn.flatten(image))
local loss = nn.cross_entropy(answer, digit)
return nn.model {
  train = {
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, accumulate = 0 },
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, accumulate = 2.5 },
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, ema = 1 },
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, ema = "0.9" },
    { epochs = 1, batch = 10, optimizer = nn.nadam { beta1 = 1 }, loss = loss },
    { epochs = 1, batch = 10, optimizer = nn.adagrad { amsgrad = true }, loss = loss },
  },
}
