-- Two nets play against each other (I. Goodfellow et al., Generative adversarial nets, 2014; layers of A. Radford et
-- al., 2016): one makes digits out of noise, the other says which pictures are made.
local nn = require "nn"

local image = nn.input("image", {1, 28, 28}, { scale = 1 / 127.5, mean = 1 })      -- -1 to 1
local z = nn.randn({32}, { name = "z" })

local made = nn.sequential {
  nn.linear { name = "g.fc", out = 64 * 7 * 7, bias = false }, nn.batch_norm1d { name = "g.norm1" }, nn.relu,
  nn.reshape { 64, 7, 7 },
  nn.conv_transpose2d { name = "g.up1", out = 32, kernel = 4, stride = 2, padding = 1, bias = false },
  nn.batch_norm2d { name = "g.norm2" }, nn.relu,
  nn.conv_transpose2d { name = "g.up2", out = 1, kernel = 4, stride = 2, padding = 1 }, nn.tanh,
} (z)

local judge = nn.sequential {
  nn.conv2d { name = "d.conv1", out = 32, kernel = 4, stride = 2, padding = 1 }, nn.leaky_relu { slope = 0.2 },
  nn.conv2d { name = "d.conv2", out = 64, kernel = 4, stride = 2, padding = 1 }, nn.leaky_relu { slope = 0.2 },
  nn.flatten, nn.dropout { name = "d.drop", p = 0.3 }, nn.linear { name = "d.fc", out = 1 },
}
local real, fake = judge(image), judge(made)                                        -- logits: above 0 is real
local d_loss = nn.bce_with_logits(real, 0.9) + nn.bce_with_logits(judge(nn.detach(made)), 0)
local g_loss = nn.bce_with_logits(fake, 1)
local function adam() return nn.adam { lr = 2e-4, beta1 = 0.5 } end

return nn.model {
  data    = "mnist",
  train   = nn.alternate {
    epochs = 15, batch = 64,
    { steps = 1, loss = d_loss, optimizer = adam(), train = { "d.*" } },
    { steps = 1, loss = g_loss, optimizer = adam(), train = { "g.*" } },
  },
  predict = { image = (made + 1) / 2 },
  metrics = { sees_real = nn.greater(real, 0), sees_made = nn.less(fake, 0) },
}
