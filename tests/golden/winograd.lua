-- nngen: --inference
-- Which convolutions go by Winograd's algorithm. 3x3, stride 1, 16 channels or more, outputs that
-- fill their tiles of 4x4 well: `taken`, `padded`, `ragged`. All others name why not.
local nn = require "nn"

local image, kind = nn.input("image", {16, 14, 14}), nn.label("kind", 4)
local function conv(name, options)
  options.name, options.kernel = name, options.kernel or 3
  return nn.conv2d(options)
end
local net = nn.sequential {
  conv("field", { out = 32 }),
  conv("taken", { out = 32 }),
  conv("padded", { out = 32, padding = 1 }),
  conv("few_outputs", { out = 15, padding = 1 }),
  conv("few_inputs", { out = 32, padding = 1 }),
  conv("groups", { out = 32, padding = 1, groups = 2 }),
  conv("dilation", { out = 32, padding = 2, dilation = 2 }),
  conv("size", { out = 32, kernel = 5, padding = 2 }),
  conv("stride", { out = 32, padding = 1, stride = 2 }),
  conv("poor_tiles", { out = 32, padding = 1 }),
  conv("wider", { out = 32, kernel = 1, padding = 1 }),
  conv("ragged", { out = 33, padding = 1 }),
  nn.flatten, nn.linear { name = "out", out = 4 },
}
local logits = net(image)
return nn.model {
  train = { epochs = 1, batch = 4, optimizer = nn.sgd { lr = 0.1 }, loss = nn.cross_entropy(logits, kind) },
  predict = { kind = nn.argmax(logits) },
}
