-- Fire modules (F. N. Iandola et al., SqueezeNet, 2016): few channels, from which 1x1 and 3x3 convolutions make many.
local nn = require "nn"
local image, kind = nn.input("image", {3, 32, 32}), nn.label("kind", 10)

local function fire(name, squeeze, expand)
  local few  = nn.sequential { nn.conv2d { name = name .. "_squeeze", out = squeeze, kernel = 1 }, nn.relu }
  local one  = nn.conv2d { name = name .. "_one", out = expand, kernel = 1 }
  local nine = nn.conv2d { name = name .. "_nine", out = expand, kernel = 3, padding = 1 }
  return function(x)
    local y = few(x)
    return nn.relu(nn.concat { one(y), nine(y) })
  end
end

local logits = nn.sequential {
  nn.conv2d { name = "first", out = 24, kernel = 3, stride = 2, padding = 1 }, nn.relu, nn.max_pool2d,
  fire("fire1", 8, 16), fire("fire2", 8, 16), nn.max_pool2d,
  fire("fire3", 12, 24), fire("fire4", 12, 24), nn.dropout { name = "drop", p = 0.5 },
  nn.conv2d { name = "last", out = 10, kernel = 1 }, nn.relu,
  nn.mean { axis = { 2, 3 } },
} (image)

return nn.model {
  train   = { epochs = 1, batch = 64, loss = nn.cross_entropy(logits, kind), optimizer = nn.sgd { lr = 0.05, momentum = 0.9 } },
  predict = { kind = nn.argmax(logits) },
  metrics = { accuracy = nn.equal(nn.argmax(logits), kind) },
}
