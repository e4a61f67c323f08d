-- A residual network with batch normalisation, an option of each kind, and a layer that is used twice.
local nn = require "nn"
local x, kind = nn.input("image", {3, 8, 8}), nn.label("kind", 10)

local function conv(name, out, kernel, stride)
  return nn.conv2d { name = name, out = out, kernel = kernel, stride = stride, padding = kernel // 2,
                     bias = false, init = nn.kaiming_normal }
end

local function block(name, y, out, stride)
  local z = nn.gelu(nn.batch_norm2d { name = name .. "bn1" }(conv(name .. "a", out, 3, stride)(y)))
  z = nn.batch_norm2d { name = name .. "bn2", momentum = 0.2, eps = 1e-3 }(conv(name .. "b", out, 3, 1)(z))
  if stride > 1 then
    y = nn.batch_norm2d { name = name .. "bns", bias = false }(conv(name .. "s", out, 1, stride)(y))
  end
  return nn.gelu(z + y)
end

local y = nn.relu(nn.batch_norm2d { name = "bn" }(conv("first", 20, 3, 1)(x)))
y = block("one", y, 20, 1)
y = block("two", y, 37, 2)
local twice = nn.batch_norm1d { name = "twice" }
local f = nn.linear { name = "fc1", out = 24 }(nn.flatten(nn.avg_pool2d { kernel = 2 }(y)))
f = nn.gelu(twice(f)) + twice(nn.tanh(f))
f = nn.batch_norm1d { name = "plain", affine = false }(nn.linear { name = "fc2", out = 24 }(f))
local rows = nn.batch_norm1d { name = "rows", weight = false }(nn.reshape(f, { 6, 4 }))
local logits = nn.linear { name = "fc3", out = 10 }(nn.gelu(nn.flatten(rows)))
local loss = nn.cross_entropy(logits, kind)
return nn.model {
  name = "batch_norm",
  train = {
    { epochs = 1, batch = 100, optimizer = nn.sgd { lr = 0.05, momentum = 0.9 }, loss = loss },
    { epochs = 1, batch = 100, optimizer = nn.adam { lr = 1e-3 }, loss = loss,
      freeze = { "first", "bn", "onebn2", "plain" } },
  },
  predict = { kind = nn.argmax(logits), rows = rows },
  metrics = { accuracy = nn.equal(nn.argmax(logits), kind) },
}
