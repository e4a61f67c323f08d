-- Words whose translation is more than a name, in one prediction each.
local nn = require "nn"
local image, text = nn.input("image", {3, 8, 8}), nn.label("text", 11, {6})
local y = nn.label("y", 4)
local own = nn.parameter("own", {3, 1, 1}, { init = nn.normal(0, 1) })
local table_ = nn.embedding { name = "table", dim = 12 }
local sequence = table_(text)
local conv = nn.conv2d { name = "conv", out = 8, kernel = 3, padding = 1, stride = 2, groups = 1 } (image * own)
local up = nn.conv_transpose2d { name = "up", out = 6, kernel = 3, stride = 2, padding = 1, output_padding = 1 } (conv)
local logits = nn.linear { name = "out", out = 4 } (nn.global_avg_pool2d(nn.silu(conv)))
return nn.model {
  name = "words",
  train = { epochs = 1, batch = 8, loss = nn.cross_entropy(logits, y), optimizer = nn.sgd {} },
  predict = {
    class = nn.argmax(logits), share = nn.softmax(logits), most = nn.amax(logits),
    up = up, big = nn.upsample { scale = 2, mode = "bilinear" } (image), near = nn.upsample { scale = 3 } (image),
    shuffled = nn.pixel_shuffle { factor = 2 } (conv), pooled = nn.avg_pool2d { kernel = 3, stride = 2, padding = 1 } (image),
    groups = nn.group_norm { name = "groups", groups = 2 } (conv), rms = nn.rms_norm { name = "rms" } (sequence),
    layer = nn.layer_norm { name = "layer" } (sequence), instance = nn.instance_norm2d(image),
    attention = nn.multihead_attention { name = "attention", heads = 3, causal = true } (sequence),
    gru = nn.gru { name = "gru", hidden = 5, bidirectional = true } (sequence),
    lstm = nn.lstm { name = "lstm", hidden = 5, layers = 2 } (sequence),
    rnn = nn.rnn { name = "rnn", hidden = 5, last = true } (sequence),
    product = nn.matmul(sequence, sequence, { transpose_b = true }),
    masked = nn.where(nn.greater(image, 0), image ^ 2, nn.clamp(image, -0.5, nil)),
    turned = nn.flip(nn.permute(image, {2, 3, 1}), 2), cut = nn.slice(image, 3, 2, -1, 3),
    edges = nn.pad(image, 2, 2, 1, { mode = "reflect" }), framed = nn.pad(image, 3, 1, 2, { value = 3 }),
    joined = nn.concat { image, nn.relu6(image), axis = 1 }, stacked = nn.stack { image, nn.tanh(image), axis = 2 },
    hot = nn.one_hot(text), sums = nn.logsumexp(image, { axis = {2, 3} }), least = nn.amin(image, { axis = 1, keepdim = true }),
    shapes = nn.reshape(nn.elu(nn.mish(image)), {6, -1}), gelu = nn.gelu { approximate = "tanh" }(image),
    near_one = nn.cosine_similarity(nn.hardswish(logits), nn.softplus(logits)),
  },
}
