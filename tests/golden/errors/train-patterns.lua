local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local answer = nn.linear { name = "fc", out = 10 }(nn.flatten(image))
local loss = nn.cross_entropy(answer, digit)
return nn.model {
  train = {
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, freeze = 7 },
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, freeze = { fc = true } },
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, train = { "f.*", "?c.weight" } },
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, train = "fc", freeze = "fc.bias" },
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, clip_grad_norm = 0 },
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, clip_grad_norm = 1, clip_grad_value = 1 },
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = loss, clip_norm = 1 },
  },
}
