-- Ways to train one small network, each a recipe by name: tests/train/recipes.py has the same in PyTorch.
local nn = require "nn"

local x, t = nn.input("x", {6}), nn.target("t", {3})
local net = nn.sequential {
  nn.linear { name = "first", out = 8 }, nn.tanh, nn.linear { name = "second", out = 20 }, nn.tanh,
  nn.linear { name = "last", out = 3 },
}
local y = net(x)
local loss = nn.mse(y, t)
local falls = 0.05 / (1 + nn.step)
local other = nn.mse(y * y, t)
local first, second = { "first", "last.weight" }, { "second", "last.bias" }

local recipes = {
  plain = { optimizer = nn.sgd { lr = 0.1 } },
  groups = { optimizer = nn.adamw { lr = 1e-2, weight_decay = 0.1, beta2 = 0.99, groups = {
    { match = { "*bias*", "last" }, weight_decay = 0 }, { match = "*o?d.weight", lr = 1e-3, beta1 = 0.8 },
    { match = "first*", lr = falls } } } },
  momenta = { optimizer = nn.sgd { lr = 0.05, groups = {
    { match = "*.weight", momentum = 0.9, nesterov = true }, { match = "*", lr = 0.1, weight_decay = 0.1 } } } },
  frozen = { optimizer = nn.sgd { lr = 0.1 }, freeze = { "f*", "last.bias" } },
  alone = { optimizer = nn.adam { lr = 1e-2 }, train = { "*st.*" } },
  norm = { optimizer = nn.sgd { lr = 0.5, momentum = 0.9, weight_decay = 0.01 }, clip_grad_norm = 0.3 },
  norm_alone = { optimizer = nn.sgd { lr = 0.5 }, train = "last", clip_grad_norm = 0.2 },
  gathered = { optimizer = nn.adamw { lr = 1e-2 }, accumulate = 2 },
  gathered_norm = { optimizer = nn.sgd { lr = 0.5, momentum = 0.9 }, accumulate = 2, clip_grad_norm = 0.3 },
  ema = { optimizer = nn.sgd { lr = 0.2, momentum = 0.9 }, ema = 0.8 },
  ema_best = { optimizer = nn.sgd { lr = 0.2, momentum = 0.9 }, ema = 0.8, keep = "best", monitor = "-val_loss" },
  ema_frozen = { optimizer = nn.adam { lr = 1e-2 }, ema = 0.9, freeze = "second", accumulate = 3 },
  adagrad = { optimizer = nn.adagrad { lr = 0.05 } },
  adagrad_all = { optimizer = nn.adagrad { lr = 0.1, lr_decay = 0.1, weight_decay = 0.1, initial_accumulator_value = 0.01, eps = 1e-3 } },
  nadam = { optimizer = nn.nadam { } },
  nadam_all = { optimizer = nn.nadam { lr = 1e-2, beta1 = 0.8, beta2 = 0.99, eps = 1e-4, weight_decay = 0.1, momentum_decay = 0.5 } },
  amsgrad = { optimizer = nn.adam { lr = 1e-2, beta2 = 0.5, amsgrad = true, weight_decay = 0.1 } },
  amsgrad_groups = { optimizer = nn.adamw { lr = 1e-2, beta2 = 0.5, groups = { { match = "first", amsgrad = true } } } },
  value = { optimizer = nn.sgd { lr = 0.5, momentum = 0.5 }, clip_grad_value = 0.02 },
  turns = { members = {
    { steps = 1, loss = loss, optimizer = nn.adam { lr = 1e-2 }, train = first },
    { steps = 1, loss = other, optimizer = nn.adam { lr = 5e-3, beta1 = 0.5 }, train = second } } },
  turns_shared = { ema = 0.8, members = {
    { steps = 2, loss = loss, optimizer = nn.adamw { lr = 1e-2 }, clip_grad_norm = 0.3 },
    { steps = 1, loss = other, optimizer = nn.nadam { lr = falls }, freeze = "first" } } },
  turns_gathered = { accumulate = 2, members = {
    { steps = 1, loss = loss, optimizer = nn.adagrad { lr = 0.05, lr_decay = 0.1 }, train = first },
    { steps = 2, loss = other, optimizer = nn.sgd { lr = 0.2, momentum = 0.9 }, train = second } } },
}

local recipe = recipes[nn.param("recipe", "plain")]
recipe.epochs, recipe.batch, recipe.shuffle = 3, 24, false
if recipe.members then
  local members = recipe.members
  recipe.members = nil
  for i, member in ipairs(members) do recipe[i] = member end
  recipe = nn.alternate(recipe)
else
  recipe.loss = loss
end
return nn.model { name = "recipes", train = recipe, predict = { y = y } }
