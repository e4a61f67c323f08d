"""Words of architectures that nngen makes of several ops. Their graph, run in PyTorch op by op, against PyTorch's own
word: values, and gradients in the operands.

usage: compare_words.py
"""

import torch
import torch.nn.functional as F

import graph
from programs import NNGEN, run
from reference import Run, Step
from report import expect, finish, largest_error

BATCH = 5
BOUND = 1e-11

FIELDS = """
local nn = require "nn"
local v, w, l = nn.input("v", {7}), nn.input("w", {7}), nn.label("l", 7)
local q, r, k = nn.input("q", {4, 6}), nn.input("r", {4, 6}), nn.label("k", 6, {4})
local x, y, m = nn.input("x", {3, 4, 5}), nn.input("y", {3, 4, 5}), nn.label("m", 3, {4, 5})
local c, o = nn.label("c", 7, {1}), nn.input("o", {1})
local trained = nn.linear { out = 1 }(v)
"""


def last(x):
    """Classes in the last axis, as those of sequences, moved to where PyTorch has them."""
    return x.movedim(-1, 1)


# nngen's word, PyTorch's value of the fields d.
CASES = [
    ("nn.cross_entropy(v, l, { label_smoothing = 0.3 })", lambda d: F.cross_entropy(d.v, d.l, label_smoothing=0.3)),
    ("nn.cross_entropy(v, l, { reduction = 'none' })", lambda d: F.cross_entropy(d.v, d.l, reduction="none")),
    ("nn.cross_entropy(v, l, { ignore_index = 2 })", lambda d: F.cross_entropy(d.v, d.l, ignore_index=2)),
    ("nn.cross_entropy(q, k)", lambda d: F.cross_entropy(last(d.q), d.k)),
    ("nn.cross_entropy(q, k, { label_smoothing = 0.1, ignore_index = 0 })",
     lambda d: F.cross_entropy(last(d.q), d.k, label_smoothing=0.1, ignore_index=0)),
    ("nn.cross_entropy(q, k, { reduction = 'none', ignore_index = 5 })",
     lambda d: F.cross_entropy(last(d.q), d.k, reduction="none", ignore_index=5)),
    ("nn.cross_entropy(x, m)", lambda d: F.cross_entropy(d.x, d.m)),
    ("nn.cross_entropy(x, m, { label_smoothing = 1 })", lambda d: F.cross_entropy(d.x, d.m, label_smoothing=1)),
    ("nn.cross_entropy(x, m, { reduction = 'none' })", lambda d: F.cross_entropy(d.x, d.m, reduction="none")),
    ("nn.cross_entropy(v, nn.softmax(w))", lambda d: F.cross_entropy(d.v, F.softmax(d.w, 1))),
    ("nn.cross_entropy(x, nn.softmax(y, { axis = 1 }), { label_smoothing = 0.2 })",
     lambda d: F.cross_entropy(d.x, F.softmax(d.y, 1), label_smoothing=0.2)),
    ("nn.cross_entropy(q, nn.softmax(r), { reduction = 'none' })",
     lambda d: F.cross_entropy(last(d.q), F.softmax(last(d.r), 1), reduction="none")),
    ("nn.nll(nn.log_softmax(v), l)", lambda d: F.nll_loss(F.log_softmax(d.v, 1), d.l)),
    ("nn.nll(nn.log_softmax(x, { axis = 1 }), m, { ignore_index = 1 })",
     lambda d: F.nll_loss(F.log_softmax(d.x, 1), d.m, ignore_index=1)),
    ("nn.nll(q, k, { reduction = 'none' })", lambda d: F.nll_loss(last(d.q), d.k, reduction="none")),
    ("nn.mse(v, w, { reduction = 'none' })", lambda d: F.mse_loss(d.v, d.w, reduction="none")),
    ("nn.l1(x, y)", lambda d: F.l1_loss(d.x, d.y)),
    ("nn.l1(q, r, { reduction = 'none' })", lambda d: F.l1_loss(d.q, d.r, reduction="none")),
    ("nn.huber(x, y)", lambda d: F.huber_loss(d.x, d.y)),
    ("nn.huber(q, r, { delta = 0.4, reduction = 'none' })",
     lambda d: F.huber_loss(d.q, d.r, delta=0.4, reduction="none")),
    ("nn.smooth_l1(x, y)", lambda d: F.smooth_l1_loss(d.x, d.y)),
    ("nn.smooth_l1(q, r, { beta = 0.3 })", lambda d: F.smooth_l1_loss(d.q, d.r, beta=0.3)),
    ("nn.smooth_l1(q, 0.25, { beta = 0 })", lambda d: F.smooth_l1_loss(d.q, torch.full_like(d.q, 0.25), beta=0)),
    ("nn.bce_with_logits(v, nn.sigmoid(w), { pos_weight = 3 })",
     lambda d: F.binary_cross_entropy_with_logits(d.v, torch.sigmoid(d.w), pos_weight=torch.tensor(3.0))),
    ("nn.bce_with_logits(q, 1, { reduction = 'none' })",
     lambda d: F.binary_cross_entropy_with_logits(d.q, torch.ones_like(d.q), reduction="none")),
    ("nn.bce_with_logits(q, nn.sigmoid(r), { pos_weight = { 1, 2, 0.5, 3, 0, 1 } })",
     lambda d: F.binary_cross_entropy_with_logits(d.q, torch.sigmoid(d.r),
                                                  pos_weight=torch.tensor([1, 2, 0.5, 3, 0, 1]))),
    ("nn.bce_with_logits(x, 1, { pos_weight = { 1, 2, 3, 4, 5 }, reduction = 'none' })",
     lambda d: F.binary_cross_entropy_with_logits(d.x, torch.ones_like(d.x), reduction="none",
                                                  pos_weight=torch.tensor([1.0, 2, 3, 4, 5]))),
    ("nn.kl_div(nn.log_softmax(v), nn.softmax(w))",
     lambda d: F.kl_div(F.log_softmax(d.v, 1), F.softmax(d.w, 1), reduction="batchmean")),
    ("nn.kl_div(nn.log_softmax(q), nn.softmax(r))",
     lambda d: F.kl_div(F.log_softmax(d.q, -1), F.softmax(d.r, -1), reduction="none").sum(-1).mean()),
    ("nn.kl_div(q, nn.softmax(r), { reduction = 'none' })",
     lambda d: F.kl_div(d.q, F.softmax(d.r, -1), reduction="none")),
    ("nn.cross_entropy(v, l, { weight = { 1, 2, 0.5, 3, 0, 1, 4 } })",
     lambda d: F.cross_entropy(d.v, d.l, torch.tensor([1, 2, 0.5, 3, 0, 1, 4]))),
    ("nn.cross_entropy(q, k, { weight = { 1, 2, 0.5, 3, 1, 4 }, label_smoothing = 0.2, ignore_index = 3 })",
     lambda d: F.cross_entropy(last(d.q), d.k, torch.tensor([1, 2, 0.5, 3, 1, 4]), label_smoothing=0.2, ignore_index=3)),
    ("nn.cross_entropy(x, m, { weight = { 1, 2, 0.5 }, reduction = 'none' })",
     lambda d: F.cross_entropy(d.x, d.m, torch.tensor([1, 2, 0.5]), reduction="none")),
    ("nn.cross_entropy(x, nn.softmax(y, { axis = 1 }), { weight = { 1, 2, 0.5 }, label_smoothing = 0.3 })",
     lambda d: F.cross_entropy(d.x, F.softmax(d.y, 1), torch.tensor([1, 2, 0.5]), label_smoothing=0.3)),
    ("nn.nll(x, m, { weight = { 1, 2, 0.5 }, ignore_index = 0 })",
     lambda d: F.nll_loss(d.x, d.m, torch.tensor([1, 2, 0.5]), ignore_index=0)),
    ("nn.cosine_similarity(v, w)", lambda d: F.cosine_similarity(d.v, d.w)),
    ("nn.pairwise_distance(v, w)", lambda d: F.pairwise_distance(d.v, d.w)),
    ("nn.top_k(v, l, 3)", lambda d: (d.v.topk(3).indices == d.l[:, None]).any(1).double()),
    ("x * nn.tensor({ {{1}}, {{2}}, {{-1}} }) + nn.arange(5)",
     lambda d: d.x * torch.tensor([1.0, 2, -1]).reshape(3, 1, 1) + torch.arange(5)),
    ("nn.cross_entropy(v, c)", lambda d: F.cross_entropy(d.v, d.c[:, 0])),
    ("nn.nll(v, c, { reduction = 'none' })", lambda d: F.nll_loss(d.v, d.c[:, 0], reduction="none")),
    ("nn.top_k(v, c, 2)", lambda d: (d.v.topk(2).indices == d.c).any(1).double()),
    ("nn.mse(nn.mean(v), o)", lambda d: F.mse_loss(d.v.mean(1, keepdim=True), d.o)),
    ("nn.huber(o, nn.mean(v), { delta = 0.1 })", lambda d: F.huber_loss(d.o, d.v.mean(1, keepdim=True), delta=0.1)),
    ("nn.pad(q, 2, 2, 3, { mode = 'reflect' })", lambda d: F.pad(d.q, (2, 3), mode="reflect")),
    ("nn.pad(q, 2, 7, 1, { mode = 'replicate' })", lambda d: F.pad(d.q, (7, 1), mode="replicate")),
    ("nn.pad(x, 2, 1, 2, { value = 3 })", lambda d: F.pad(d.x, (0, 0, 1, 2), value=3)),
    ("nn.flip(x, { 1, 3 })", lambda d: d.x.flip(1, 3)),
    ("nn.stack { q, r, axis = -1 }", lambda d: torch.stack([d.q, d.r], -1)),
    ("nn.select(x, 2, -2)", lambda d: d.x.select(2, -2)),
    ("nn.slice(x, -1, -4, -1, 2)", lambda d: d.x[..., 1::2]),
    ("select(3, nn.split(x, 3, 2))", lambda d: d.x.split(2, 3)[2]),
    ("select(2, nn.split(x, 2, { 1, 3 }))", lambda d: d.x.split([1, 3], 2)[1]),
    ("nn.permute(x, { -1, 1, 2 })", lambda d: d.x.permute(0, 3, 1, 2)),
    ("nn.matmul(x, nn.select(y, 1, 1), { transpose_b = true })", lambda d: d.x @ d.y[:, 0, None].mT),
    ("nn.amax(nn.clamp(x, -0.5, 0.5), { axis = { 1, 3 } })", lambda d: d.x.clamp(-0.5, 0.5).amax((1, 3))),
    ("nn.mean(x, { axis = { 1, -1 }, keepdim = true })", lambda d: d.x.mean((1, 3), keepdim=True)),
    ("nn.logsumexp(x, { axis = { 2, 3 } })", lambda d: d.x.logsumexp((2, 3))),
    ("nn.adaptive_avg_pool2d { size = { 3, 2 } }(x)", lambda d: F.adaptive_avg_pool2d(d.x, (3, 2))),
    ("nn.one_hot(m, { axis = 1 })", lambda d: F.one_hot(d.m, 3).movedim(-1, 1).double()),
    ("x ^ 3 - 2 / (1 + nn.square(x)) + nn.minimum(x, y) * nn.maximum(x, 0.1)",
     lambda d: d.x ** 3 - 2 / (1 + d.x ** 2) + torch.minimum(d.x, d.y) * d.x.clamp(min=0.1)),
    ("nn.equal(k, nn.select(k, 1, 2))", lambda d: (d.k == d.k[:, 1:2]).double()),
    ("nn.less_equal(nn.slice(m, 1, 1, 1), m)", lambda d: (d.m[:, :1] <= d.m).double()),
    ("nn.greater(q, nn.reshape(k, { 4, 1 }))", lambda d: (d.q > d.k[:, :, None]).double()),
    ("nn.equal(nn.reshape(k, { 4, 1 }), nn.arange(6))", lambda d: (d.k[:, :, None] == torch.arange(6)).double()),
    ("nn.upsample { scale = 3 }(q)", lambda d: F.interpolate(d.q, scale_factor=3.0)),
    ("nn.upsample { scale = 4, mode = 'linear' }(q)", lambda d: F.interpolate(d.q, scale_factor=4.0, mode="linear")),
    ("nn.conv_transpose2d { name = 'ct', out = 2, kernel = 3, stride = { 1, 2 }, padding = { 2, 1 }, "
     "dilation = { 3, 2 }, output_padding = { 2, 1 } }(x)",
     lambda d: F.conv_transpose2d(d.x, d.ct_weight, d.ct_bias, (1, 2), (2, 1), (2, 1), 1, (3, 2))),
    ("nn.conv2d { name = 'cv', out = 2, kernel = { 2, 3 }, padding = 'valid', stride = 2 }(x)",
     lambda d: F.conv2d(d.x, d.cv_weight, d.cv_bias, 2)),
    ("nn.conv1d { name = 'cs', out = 2, kernel = 4, padding = 'same' }(q)",
     lambda d: F.conv1d(d.q, d.cs_weight, d.cs_bias, padding="same")),
    ("nn.group_norm { groups = 3, name = 'g' }(nn.concat { x, y })",
     lambda d: F.group_norm(torch.cat([d.x, d.y], 1), 3, d.g_weight, d.g_bias)),
    ("nn.group_norm { groups = 2, affine = false }(q)", lambda d: F.group_norm(d.q, 2)),
    ("nn.group_norm { groups = 1, affine = false }(v)", lambda d: F.group_norm(d.v, 1)),
    ("nn.instance_norm2d(x)", lambda d: F.instance_norm(d.x)),
    ("nn.prelu { name = 'slope' }(x)", lambda d: F.prelu(d.x, d.slope_weight)),
    ("nn.parameter('own', {3, 1, 5}, { init = nn.ones }) * x - nn.parameter('base', {}, { init = nn.zeros })",
     lambda d: d.own * d.x - d.base),
    ("nn.concat { q, nn.exp(nn.parameter('rows', {2, 6}, { init = nn.normal })), axis = 1 }",
     lambda d: torch.cat([d.q, d.rows.exp().expand(BATCH, 2, 6)], 1)),
    ("nn.mse(q, nn.parameter('own', {4, 6}, { init = nn.normal }))", lambda d: F.mse_loss(d.q, d.own.expand(d.q.shape))),
    ("nn.where(nn.tensor({ 0, 1, 1, 0, 0, 1 }), q, -math.huge)",
     lambda d: torch.where(torch.tensor([0, 1, 1, 0, 0, 1]) != 0, d.q, torch.tensor(-float("inf")))),
]


class Values:
    """Fields and parameters by name, a dot being _, and by the node's id."""

    def __init__(self, read):
        self.by_id = {}
        for n in [n for op in ("input", "label", "param") for n in read.of_op(op)]:
            shape = n.type.shape if n.op == "param" else (BATCH, *n.type.shape)
            value = torch.randint(n.type.classes, shape) if n.type.classes else torch.randn(shape)
            self.by_id[n.id] = value.requires_grad_(not n.type.classes)
            setattr(self, n.name.replace(".", "_"), value)


def gradients(value, values):
    real = [x for x in values.by_id.values() if x.is_floating_point()]
    weights = torch.randn(value.shape, generator=torch.Generator().manual_seed(3))
    found = [None] * len(real)
    if value.requires_grad:
        found = torch.autograd.grad((value.nan_to_num(neginf=0) * weights).sum(), real, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(real, found)]


def is_values(word):
    """True of values per sample, which nngen predicts; a loss without `reduction` is one number, and a metric."""
    losses = ("cross_entropy", "nll", "mse", "l1", "huber", "smooth_l1", "bce_with_logits", "kl_div")
    return "none" in word or not word.startswith(tuple("nn.%s(" % loss for loss in losses))


def compare(word, truth):
    with open("case.lua", "w") as file:
        file.write(FIELDS + "local value = %s\n" % word +
                   "return nn.model { train = { epochs = 1, batch = 5, loss = nn.mean(trained), "
                   "optimizer = nn.sgd {} }, %s }\n" %
                   ("predict = { value = value }" if is_values(word) else "metrics = { value = value }"))
    read = graph.parse(run(NNGEN, "--emit=graph", "case.lua"))
    torch.manual_seed(1)
    values = Values(read)
    found, = Run(read, Step(BATCH), values.by_id)({**read.metrics, **read.predictions}["value"])
    wanted = truth(values)
    infinite = torch.isinf(found) & (found == wanted)
    expect(largest_error(found.masked_fill(infinite, 0), wanted.masked_fill(infinite, 0)) <= BOUND,
           "%s: the value is %s, PyTorch's %s" % (word, found, wanted))
    for g, w in zip(gradients(found, values), gradients(wanted, values)):
        expect(largest_error(g, w) <= BOUND, "%s: a gradient is %s, PyTorch's %s" % (word, g, w))


def main():
    torch.set_default_dtype(torch.float64)
    for word, truth in CASES:
        compare(word, truth)
    print("%d words" % len(CASES))
    finish()


if __name__ == "__main__":
    main()
