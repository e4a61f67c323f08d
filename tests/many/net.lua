-- What processes have to do alike: batch normalisation, augmentation, dropout, clipped norms, several batches to an update
-- and averages in a first phase; members that take turns in a second one; attention and rows of a table in both.
local nn = require "nn"
local x, y = nn.input("features", {8}), nn.label("y", 3)

local image = nn.random_crop { padding = 1 }(nn.random_flip {}(nn.reshape(x, {1, 4, 2})))
local h = nn.relu(nn.batch_norm2d { name = "g.norm" }(nn.conv2d { name = "g.conv", out = 18, kernel = 3, padding = 1 }(image)))
h = nn.linear { name = "g.rows", out = 20 }(nn.reshape(h, {18, 8}))
h = h + nn.multihead_attention { name = "g.self", heads = 2, dropout = 0.1 }(nn.layer_norm { name = "g.n" }(h))
h = nn.dropout { p = 0.2 }(nn.mean(h, { axis = 1 }))
local answer = nn.linear { name = "g.out", out = 3 }(h)
local judge = nn.sequential { nn.linear { name = "d.fc1", out = 17 }, nn.leaky_relu { slope = 0.2 }, nn.linear { name = "d.fc2", out = 1 } }
local rows = nn.embedding { name = "d.rows", dim = 20 }(y)
local loss = nn.cross_entropy(answer, y)
local d_loss = nn.bce_with_logits(judge(rows), 1) + nn.bce_with_logits(judge(nn.detach(h)), 0)

return nn.model {
  train = {
    { epochs = 2, batch = 200, loss = loss, accumulate = 2, ema = 0.9, clip_grad_norm = 0.5, optimizer = nn.adam { lr = 1e-2 } },
    nn.alternate { epochs = 2, batch = 200, keep = "best", monitor = "val_accuracy",
      { steps = 2, loss = d_loss, optimizer = nn.adam { lr = 1e-2 }, train = "d.*" },
      { steps = 1, loss = loss + nn.bce_with_logits(judge(h), 1), optimizer = nn.sgd { lr = 0.05, momentum = 0.9 }, train = "g.*" } },
  },
  predict = { y = nn.argmax(answer) },
  metrics = { accuracy = nn.equal(nn.argmax(answer), y) },
}
