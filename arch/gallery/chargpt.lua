-- A small GPT over characters: nanoGPT's configuration for a CPU (A. Karpathy, 2022), on tiny Shakespeare.
local nn = require "nn"
local T, width, heads, blocks, classes = 64, 128, 4, 4, 65

local text = nn.label("text", classes, {T}, { windows = 1 })
local next = nn.label("next", classes, {T}, { windows = 1, array = "text", offset = 1 })

-- As nanoGPT begins: deviation 0.02, less where a block adds to the sum.
local small, smaller = nn.normal(0, 0.02), nn.normal(0, 0.02 / math.sqrt(2 * blocks))
local letters = nn.embedding { name = "wte", dim = width, init = small }
local places = nn.embedding { name = "wpe", dim = width, init = small }

local x = letters(text) + places(nn.arange(T))
for i = 1, blocks do
  local function norm(name) return nn.layer_norm { name = "h" .. i .. "_" .. name, bias = false } end
  local function linear(name, out, init) return nn.linear { name = "h" .. i .. "_" .. name, out = out, bias = false, init = init } end
  local attention = nn.multihead_attention { name = "h" .. i .. "_attn", heads = heads, causal = true, bias = false, init = small }
  local mlp = nn.sequential { linear("fc", 4 * width, small), nn.gelu, linear("proj", width, smaller) }
  x = x + attention(norm("ln_1")(x))
  x = x + mlp(norm("ln_2")(x))
end
local logits = nn.linear { name = "lm_head", tie = letters, bias = false }(nn.layer_norm { name = "ln_f", bias = false }(x))
local loss = nn.cross_entropy(logits, next)

-- 100 steps of warm-up, then a cosine down to a tenth.
local warm, course = nn.step / 100, (nn.step - 100) / (nn.steps - 100)
local lr = nn.where(nn.less(nn.step, 100), 1e-3 * warm, 1e-4 + 0.45e-3 * (1 + nn.cos(math.pi * course)))

return nn.model {
  train   = { steps = 2000, eval_every = 250, eval_samples = 1024, batch = 12, loss = loss, clip_grad_norm = 1.0,
              optimizer = nn.adamw { lr = lr, beta2 = 0.99, weight_decay = 0.1,
                                     groups = { { match = "*ln_*", weight_decay = 0 } } } },
  predict = { next = nn.softmax(logits) },
  metrics = { accuracy = nn.mean(nn.equal(nn.argmax(logits), next)) },
}
