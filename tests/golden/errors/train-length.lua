local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local loss = nn.cross_entropy(nn.linear { out = 10 }(nn.flatten(image)), digit)
return nn.model {
  train = {
    { batch = 10, optimizer = nn.adam {}, loss = loss },
    { epochs = 1,
      steps = 100, batch = 10, optimizer = nn.adam {}, loss = loss },
    { steps = 0, batch = 10, optimizer = nn.adam {}, loss = loss },
    { steps = 10, batch = 10, optimizer = nn.adam {}, loss = loss, eval_every = 2.5, eval_samples = 0, drop_last = 1 },
    { steps = 10, batch = 10, optimizer = nn.adam {}, loss = loss, evaluate_every = 5 },
  },
}
