-- Two nets in turns, with random values: what a call of training needs most of.
local nn = require "nn"
local x, y = nn.input("features", {3}), nn.label("arm", 3)
local z = nn.randn({3}, { name = "z" })
local made = nn.linear { name = "g.fc", out = 3 }(z)
local judge = nn.sequential { nn.linear { name = "d.in", out = 8 }, nn.relu, nn.dropout { name = "d.drop", p = 0.2 },
  nn.linear { name = "d.out", out = 1 } }
local real, fake = judge(x), judge(made)
local d_loss = nn.bce_with_logits(real, 1) + nn.bce_with_logits(judge(nn.detach(made)), 0)
return nn.model {
  name = "turns",
  train = nn.alternate { epochs = 3, batch = 16,
    { steps = 2, loss = d_loss, optimizer = nn.adam { lr = 1e-2 }, train = { "d.*" } },
    { steps = 1, loss = nn.bce_with_logits(fake, 1), optimizer = nn.sgd { lr = 1e-2, momentum = 0.9 }, train = { "g.*" } } },
  predict = { made = made },
  metrics = { seen = nn.greater(real, 0), class = nn.equal(y, 0) },
}
