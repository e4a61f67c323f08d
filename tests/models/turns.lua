-- A generator and a discriminator that take turns, as in a GAN without random draws: `seed` is a field. The batch
-- norm of the generator moves in the steps of the discriminator, too.
local nn = require "nn"

local seed, real = nn.input("seed", {5}), nn.target("real", {6})
local generator = nn.sequential {
  nn.linear { name = "g.fc1", out = 20 }, nn.batch_norm1d { name = "g.norm" }, nn.tanh,
  nn.linear { name = "g.fc2", out = 6 },
}
local discriminator = nn.sequential {
  nn.linear { name = "d.fc1", out = 17 }, nn.leaky_relu { slope = 0.2 },
  nn.linear { name = "d.fc2", out = 1 },
}
local fake = generator(seed)
local judged, passed = discriminator(real), discriminator(fake)
local d_loss = nn.bce_with_logits(judged, 1) + nn.bce_with_logits(discriminator(nn.detach(fake)), 0)
local g_loss = nn.bce_with_logits(passed, 1) + 0.1 * nn.epoch / nn.epochs * nn.mse(fake, real)

return nn.model {
  train = {
    { epochs = 1, batch = 30, loss = nn.mse(fake, real), optimizer = nn.sgd { lr = 0.01 } },
    nn.alternate { epochs = 3, batch = 30, ema = 0.9, keep = "best", monitor = "val_distance",
      { steps = 2, loss = d_loss, optimizer = nn.adam { lr = 2e-3, beta1 = 0.5 }, train = "d.*", clip_grad_norm = 1 },
      { steps = 1, loss = g_loss, optimizer = nn.adam { lr = 1e-3 / (1 + 0.1 * nn.step), beta1 = 0.5 }, train = { "g.*" } } },
  },
  predict = { fake = fake },
  metrics = { distance = nn.mse(fake, real), fooled = nn.equal(nn.greater(passed, 0), 1) },
}
