-- He's residual network of eight layers, without batch norm: sums of two branches, strides, 1x1
-- convolutions on the shortcuts.
local nn = require "nn"
local x, kind = nn.input("image", {3, 32, 32}), nn.label("kind", 10)

local function conv(name, out, kernel, stride)
  return nn.conv2d { name = name, out = out, kernel = kernel, stride = stride,
                     padding = kernel // 2, init = nn.kaiming_normal }
end

local function block(name, y, out, stride)
  local z = nn.relu(conv(name .. "a", out, 3, stride)(y))
  z = conv(name .. "b", out, 3, 1)(z)
  if stride > 1 then y = conv(name .. "s", out, 1, stride)(y) end
  return nn.relu(z + y)
end

local y = nn.relu(conv("first", 16, 3, 1)(x))
y = block("one", y, 16, 1)
y = block("two", y, 32, 2)
y = block("three", y, 64, 2)
y = nn.avg_pool2d { kernel = 8 }(y)
y = nn.linear { name = "fc", out = 10, init = nn.kaiming_normal }(nn.flatten(y))
return nn.model {
  name = "resnet8",
  train = { epochs = 1, batch = 100, optimizer = nn.adam { lr = 1e-3 }, loss = nn.cross_entropy(y, kind) },
  predict = { kind = nn.argmax(y) },
  metrics = { accuracy = nn.equal(nn.argmax(y), kind) },
}
