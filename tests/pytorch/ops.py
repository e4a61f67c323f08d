"""PyTorch's word for each op that users can write, a row each: op -> its value, and where it decides something, how far
from a tie. A row takes the node, whose attributes it reads, and the operands: samples (B, ...), labels as whole numbers,
parameters, numbers and losses without axes. Gradients come by autograd.

A new op of compiler/ops/ops.def gets its row here; the test says which one is missing."""

from collections import namedtuple

import numpy as np
import torch
import torch.nn.functional as F

import draws

Row = namedtuple("Row", "value decides")

# Values that the data set or a weights file gives.
LEAVES = {"input", "target", "label", "param", "state"}


def row(value, decides=None):
    return Row(value, decides)


def kinks(*places):
    """Decides by the sign of x - place, for each place."""
    return lambda n, x, *rest: torch.stack([(x - place).abs() for place in places]).min(0).values


def difference(n, *operands):
    """Decides by which of two is larger; whole numbers, and numbers of schedules, are never nearly equal."""
    if any(x.is_floating_point() and x.dim() for x in operands[:2]):
        return (operands[0] - operands[1]).abs()


def real(x):
    """Of whole numbers and truths; doubles, unless the run is in floats."""
    return x.to(torch.get_default_dtype())


def compared(holds):
    return row(lambda n, x, y: real(holds(x, y)), difference)


def sample_shape(n, x):
    return (len(x), *n.type.shape)


# --- axes ----------------------------------------------------------------------------------------------------


def reduced_axes(n, rank):
    """Those of the attribute, a bit each from the first axis of a sample on; none stands for all."""
    axes = n.whole("axes") or (1 << rank) - 1
    return [i + 1 for i in range(rank) if axes >> i & 1]


def reduction(function):
    def value(n, x):
        axes = reduced_axes(n, x.dim() - 1)
        return function(x, axes, bool(n.keepdim)) if axes else x
    return value


def log_softmax(n, x):
    axes = reduced_axes(n, x.dim() - 1)
    return x - torch.logsumexp(x, axes, keepdim=True) if axes else 0 * x


def second_over_axes(n, x):
    """How far the second largest is, of the group of each sample where they are nearest."""
    axes = reduced_axes(n, x.dim() - 1)
    kept = [i for i in range(x.dim()) if i not in axes]
    groups = x.permute(kept + axes).flatten(len(kept)) if axes else x[..., None]
    return groups.topk(2).values.diff().abs().reshape(len(x), -1).min(1).values if groups.shape[-1] > 1 else None


def expand(n, x, like=None):
    shape = sample_shape(n, x)
    axes = reduced_axes(n, len(shape) - 1)
    kept = [1 if i in axes else size for i, size in enumerate(shape)]
    return x.reshape(kept).expand(shape)


def places(n, count):
    """The axis, and the places of it that a slice reads or a pad writes."""
    offset, axis, step = n.whole("offset", "axis", "step")
    return axis, torch.tensor([offset + i * step for i in range(count)])


def slice_of(n, x):
    return x.index_select(*places(n, n.whole("count")))


def pad(n, x):
    out = torch.full(sample_shape(n, x), n.value, dtype=x.dtype)
    return out.index_copy(*places(n, x.shape[n.whole("axis")]), x)


def permute(n, x):
    return x.permute(0, *n.whole(*["a%d" % (i + 1) for i in range(x.dim() - 1)]))


# --- recurrences ---------------------------------------------------------------------------------------------


def recurrence(function, gates):
    """PyTorch's layer, with the identity for the weights of its input: the op gets what those give."""
    def value(n, x, weight, bias=None):
        units = weight.shape[1]
        state = x.new_zeros(1, len(x), units)
        weights = [torch.eye(gates * units), weight, x.new_zeros(gates * units),
                   x.new_zeros(gates * units) if bias is None else bias]
        if n.reverse:
            x = x.flip(1)
        y = function(x, (state, state) if gates == 4 else state, weights, True, 1, 0.0, False, False, True)[0]
        return y.flip(1) if n.reverse else y
    return value


# --- pools ---------------------------------------------------------------------------------------------------


def windows(n, x):
    """(B, C, H', W', places of a window), the places in row order; padding is below every value."""
    kernel, stride, padding = (n.whole(name + "_h", name + "_w") for name in ("kernel", "stride", "padding"))
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]), value=-float("inf"))
    return x.unfold(2, kernel[0], stride[0]).unfold(3, kernel[1], stride[1]).flatten(4)


def gaps(places):
    return places.max(-1, keepdim=True).values - places


def max_pool2d(n, x):
    """F.max_pool2d, but the first of values that differ by roundings alone wins, as the first of equal ones does."""
    places = windows(n, x)
    equal = gaps(places.detach()) <= 1e-12 * x.detach().abs().max()
    order = torch.arange(places.shape[-1], 0, -1, dtype=torch.double)
    return places.gather(-1, (equal * order).argmax(-1, keepdim=True)).squeeze(-1)


def runner_up(n, x):
    gap = gaps(windows(n, x.detach()))
    gap = torch.where(gap <= 1e-12 * x.detach().abs().max(), torch.full_like(gap, float("inf")), gap)
    return gap.flatten(1).min(1).values


def second_class(n, x):
    x = x.movedim(n.whole("axis"), -1)
    return x.topk(2).values.diff(dim=-1).abs() if x.shape[-1] > 1 else None


# --- products ------------------------------------------------------------------------------------------------


def matmul(n, *operands):
    """torch.matmul, whose axes before the last two are aligned at the last one, and ours have the batch in front."""
    rank = max(x.dim() for x in operands)
    a, b = (x.reshape(len(x), *(1,) * (rank - x.dim()), *x.shape[1:]) for x in operands)
    return torch.matmul(a.mT if n.transpose_a else a, b.mT if n.transpose_b else b)


def attention(n, *operands):
    """Heads, in axis 1, one after the other or, of one operand with all of q, k, v, side by side."""
    packed = len(operands) == 1
    if packed:
        heads = n.whole("heads")
        q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in operands[0].chunk(3, -1))
    else:
        q, k, v = (x.unsqueeze(1) if x.dim() == 3 else x for x in operands)
    scores = q @ k.mT * (n.scale or q.shape[-1] ** -0.5)
    if n.causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:]).triu(1).bool(), -float("inf"))
    y = (scores.softmax(-1) * attention_mask(n, scores.shape)) @ v
    return y.transpose(1, 2).flatten(2) if packed else y.reshape(len(y), *n.type.shape)


def attention_mask(n, shape):
    """What dropout multiplies weights by: queries are numbered as channels are, keys as places."""
    if not n.step.dropout or not n.p:
        return 1
    _, heads, queries, keys = shape
    stride = (queries + 15) // 16 * 16
    h, i, j = np.ogrid[:heads, :queries, :keys]
    key = draws.key_of(n.step.seed, int(n.stream), int(n.application), int(n.step.step))
    masks = [draws.kept(key, sample, stride * heads * keys, (h * keys + j) * stride + i, n.p)
             for sample, _ in per_part(n, shape[0])]
    return torch.tensor(np.array(masks)) / (1 - n.p)


# --- draws ---------------------------------------------------------------------------------------------------


def per_part(n, count):
    """The index of each value of the batch among the samples of the epoch, and its part of a stacked batch."""
    each = count // n.type.parts
    return [(n.step.first_sample + i % each, i // each) for i in range(count)]


def drawn(numbers):
    """A value that `numbers` draws, outside training by name and sample alone."""
    def value(n):
        shape, step = n.type.shape, n.step
        k, count = np.arange(int(np.prod(shape, dtype=int))), shape[1] if len(shape) == 2 else (*shape, 1)[0]
        row, places = (count + 15) // 16 * 16, len(k) // count
        element = k // count * row + k % count if len(shape) == 2 else k % places * row + k // places
        each = (element.max() // 32 + 1) * 32
        key = (draws.key_of(step.seed, int(n.stream), 0, int(step.step)) if step.dropout else
               draws.key_of(0, int(n.stream), 1, 0))
        rows = [numbers(key, (step.first_sample + i) * each, element) for i in range(step.batch)]
        return torch.tensor(np.array(rows)).reshape(step.batch, *shape)
    return value


def dropout_mask(n, x, whole_channels=False):
    channels, height, width = n.whole("channels", "height", "width")
    stride = (channels + 15) // 16 * 16
    k = np.arange(int(np.prod(n.type.shape, dtype=int)))
    if len(n.type.shape) == 2:  # (W, C)
        c, h, w = k % channels, 0, k // channels
    else:
        c, h, w = k // (height * width), k // width % height, k % width
    element, elements = (c, stride) if whole_channels else ((h * width + w) * stride + c, stride * height * width)
    masks = []
    for sample, part in per_part(n, len(x)):
        use = int(n.application + part * n.application_step)
        key = draws.key_of(n.step.seed, int(n.stream), use, int(n.step.step))
        masks.append(draws.kept(key, sample, elements, element, n.p))
    return torch.tensor(np.array(masks)).reshape(x.shape)


def dropout(whole_channels):
    def value(n, x):
        if not n.step.dropout:
            return x
        mask = dropout_mask(n, x, whole_channels)
        return torch.where(mask, x / (1 - n.p) if n.p < 1 else x, torch.zeros_like(x))
    return value


def moved(change):
    """change(n, x, pick) moves the elements of one sample; pick(i, count) draws one of `count`."""
    def value(n, x):
        if not n.step.dropout:
            return x
        key = draws.key_of(n.step.seed, int(n.stream), 0, int(n.step.step))
        out = []
        for each, (sample, _) in zip(x, per_part(n, len(x))):
            happens, pick = draws.move(key, sample, n.p)
            out.append(change(n, each, pick) if happens else each)
        return torch.stack(out)
    return value


def flip(n, x, pick):
    axis = n.whole("axis")
    return x.flip(axis - 1 if axis > 0 else axis)


def crop(n, x, pick):
    padding, mode = n.whole("padding"), ("constant", "reflect", "replicate")[n.whole("mode")]
    height, width = x.shape[-2:]
    wide = F.pad(real(x).reshape(1, -1, height, width), (padding,) * 4, mode=mode)
    y, left = pick(1, 2 * padding + 1), pick(2, 2 * padding + 1)
    return wide[..., y:y + height, left:left + width].reshape(x.shape).to(x.dtype)


def erase(n, x, pick):
    size, (height, width) = n.whole("size"), x.shape[-2:]
    y, left = pick(1, height) - size // 2, pick(2, width) - size // 2
    mask = torch.ones(height, width, dtype=x.dtype)
    mask[max(y, 0):max(y + size, 0), max(left, 0):max(left + size, 0)] = 0
    return x * mask


# --- the table -----------------------------------------------------------------------------------------------


def pairs_of(n, *names):
    return [n.whole(name + "_h", name + "_w") for name in names]


def conv2d(n, x, weight, bias=None):
    if weight.dim() == 3:  # a signal, as an image of one row
        stride, padding, dilation = (pair[1] for pair in pairs_of(n, "stride", "padding", "dilation"))
        return F.conv1d(x.squeeze(2), weight, bias, stride, padding, dilation, n.whole("groups")).unsqueeze(2)
    return F.conv2d(x, weight, bias, *pairs_of(n, "stride", "padding", "dilation"), n.whole("groups"))


def conv_transpose2d(n, x, weight, bias=None):
    stride, padding, dilation = pairs_of(n, "stride", "padding", "dilation")
    least = [(x.shape[2 + i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (weight.shape[2 + i] - 1) + 1
             for i in range(2)]
    more = [size - of for size, of in zip(n.type.shape[1:], least)]
    return F.conv_transpose2d(x, weight, bias, stride, padding, more, n.whole("groups"), dilation)


def upsample(n, x):
    bilinear = n.whole("mode") == 1
    return F.interpolate(x, scale_factor=tuple(float(s) for s in pairs_of(n, "scale")[0]),
                         **{"mode": "bilinear", "align_corners": False} if bilinear else {"mode": "nearest"})


def one_hot(n, label):
    return real(F.one_hot(label, n.type.shape[n.whole("axis") - 1]).movedim(-1, n.whole("axis")))


# --- batch normalisation -------------------------------------------------------------------------------------


def channel_moment(function):
    """Of each channel, axis 1, over batch and places."""
    return lambda n, x, *mean: function(x.transpose(0, 1).flatten(1))


def batch_norm(n, x, mean, variance, weight, bias):
    mean, variance, weight, bias = (v.reshape(-1, *[1] * (x.dim() - 2)) for v in (mean, variance, weight, bias))
    return (x - mean) / torch.sqrt(variance + n.eps) * weight + bias


def blend(n, state, batch):
    count = n.step.batch * n.places
    return (1 - n.momentum) * state + n.momentum * (count / (count - 1) if count else 1) * batch


ROWS = {
    # schedules
    "number": row(lambda n: torch.tensor(n.value)),
    "epoch": row(lambda n: torch.tensor(float(n.step.epoch))),
    "epochs": row(lambda n: torch.tensor(float(n.step.epochs))),
    "step": row(lambda n: torch.tensor(float(n.step.step))),
    "steps": row(lambda n: torch.tensor(float(n.step.steps))),
    "min": row(lambda n, x, y: torch.minimum(x, y)),
    "max": row(lambda n, x, y: torch.maximum(x, y)),
    "floor": row(lambda n, x: torch.floor(x)),
    "pow": row(lambda n, x, y: torch.pow(x, y)),
    # arithmetic
    "add": row(lambda n, x, y: x + y),
    "sub": row(lambda n, x, y: x - y),
    "mul": row(lambda n, x, y: x * y),
    "div": row(lambda n, x, y: x / y),
    "neg": row(lambda n, x: -x),
    # functions, element by element
    "exp": row(lambda n, x: torch.exp(x)),
    "log": row(lambda n, x: torch.log(x)),
    "sqrt": row(lambda n, x: torch.sqrt(x)),
    "abs": row(lambda n, x: torch.abs(x), kinks(0)),
    "sin": row(lambda n, x: torch.sin(x)),
    "cos": row(lambda n, x: torch.cos(x)),
    "clamp": row(lambda n, x: torch.clamp(x, n.low, n.high), lambda n, x: kinks(n.low, n.high)(n, x)),
    "maximum": row(lambda n, x, y: torch.maximum(x, y), difference),
    "minimum": row(lambda n, x, y: torch.minimum(x, y), difference),
    "where": row(lambda n, mask, x, y: torch.where(mask != 0, x, y)),
    "detach": row(lambda n, x: x.detach()),
    # values that all samples share: a batch of one
    "tensor": row(lambda n: torch.tensor(n.elements).reshape(1, *n.type.shape)),
    "shared": row(lambda n, x: x[None]),
    "repeat": row(lambda n, x: x.expand(n.step.batch, *n.type.shape)),
    # functions over axes
    "sum": row(reduction(torch.sum)),
    "mean": row(reduction(torch.mean)),
    "amax": row(reduction(torch.amax), second_over_axes),
    "amin": row(reduction(torch.amin), lambda n, x: second_over_axes(n, -x)),
    "logsumexp": row(reduction(torch.logsumexp)),
    "softmax": row(lambda n, x: torch.exp(log_softmax(n, x))),
    "log_softmax": row(log_softmax),
    "expand": row(expand),
    # activations
    "relu": row(lambda n, x: F.relu(x), kinks(0)),
    "leaky_relu": row(lambda n, x: F.leaky_relu(x, n.slope), kinks(0)),
    "tanh": row(lambda n, x: torch.tanh(x)),
    "sigmoid": row(lambda n, x: torch.sigmoid(x)),
    "gelu": row(lambda n, x: F.gelu(x, approximate=("none", "tanh")[n.whole("approximate")])),
    "relu6": row(lambda n, x: F.relu6(x), kinks(0, 6)),
    "elu": row(lambda n, x: F.elu(x, n.alpha), kinks(0)),
    "mish": row(lambda n, x: F.mish(x)),
    "silu": row(lambda n, x: F.silu(x)),
    "softplus": row(lambda n, x: F.softplus(x, threshold=100)),  # PyTorch's is x itself from 20 up
    "hardswish": row(lambda n, x: F.hardswish(x), kinks(-3, 3)),
    "hardsigmoid": row(lambda n, x: F.relu6(x + 3) / 6, kinks(-3, 3)),  # F.hardsigmoid has a float 1 / 6
    "dropout": row(dropout(whole_channels=False)),
    "dropout2d": row(dropout(whole_channels=True)),
    # augmentation
    "random_flip": row(moved(flip)),
    "random_crop": row(moved(crop)),
    "random_erase": row(moved(erase)),
    # layers
    "linear": row(lambda n, x, weight, bias=None: F.linear(x, weight, bias)),
    "embedding": row(lambda n, x, weight: F.embedding(x, weight, n.whole("padding") if n.padding >= 0 else None)),
    "randn": row(drawn(draws.normal)),
    "rand": row(drawn(draws.uniform)),
    "arange": row(lambda n: torch.arange(n.whole("n")).expand(n.step.batch, -1)),
    "matmul": row(matmul),
    "attention": row(attention),
    "conv2d": row(conv2d),
    "conv_transpose2d": row(conv_transpose2d),
    "max_pool2d": row(max_pool2d, runner_up),
    "avg_pool2d": row(lambda n, x: F.avg_pool2d(x, *pairs_of(n, "kernel", "stride", "padding"))),
    "upsample": row(upsample),
    "pixel_shuffle": row(lambda n, x: F.pixel_shuffle(x, n.whole("factor"))),
    "layer_norm": row(lambda n, x, weight=None, bias=None:
                      F.layer_norm(x, x.shape[x.dim() - n.whole("axes"):], weight, bias, n.eps)),
    "rnn": row(recurrence(torch._VF.rnn_tanh, 1)),
    "gru": row(recurrence(torch._VF.gru, 3)),
    "lstm": row(recurrence(torch._VF.lstm, 4)),
    "rms_norm": row(lambda n, x, weight=None:
                    x / torch.sqrt((x * x).mean(-1, keepdim=True) + n.eps) * (1 if weight is None else weight)),
    "group_norm": row(lambda n, x, weight=None, bias=None: F.group_norm(x, n.whole("groups"), weight, bias, n.eps)),
    "channel_mean": row(channel_moment(lambda x: x.mean(1))),
    "channel_variance": row(lambda n, x, mean: (x.transpose(0, 1).flatten(1) - mean[:, None]).square().mean(1)),
    "tracked": row(lambda n, batch, running, *count: running if n.step.evaluates else batch),
    "blend": row(blend),
    "count": row(lambda n, state: state + 1),
    "batch_norm": row(batch_norm),
    # shapes
    "flatten": row(lambda n, x: x.reshape(len(x), -1)),
    "reshape": row(lambda n, x: x.reshape(sample_shape(n, x))),
    "concat": row(lambda n, *x: torch.cat(x, n.whole("axis"))),
    "slice": row(slice_of),
    "pad": row(pad),
    "permute": row(permute),
    # losses
    "cross_entropy": row(lambda n, x, label: F.cross_entropy(x, label)),
    "mse": row(lambda n, x, t: F.mse_loss(x, t.expand_as(x))),
    "bce_with_logits": row(lambda n, x, t: F.binary_cross_entropy_with_logits(x, t.expand_as(x))),
    "batch_mean": row(lambda n, x: x.mean()),
    "ratio": row(lambda n, x, y: x / y if y != 0 else 0 * x),
    # predictions and metrics
    "argmax": row(lambda n, x: x.argmax(n.whole("axis")), second_class),
    "one_hot": row(one_hot),
    "equal": compared(torch.eq),
    "less": compared(torch.lt),
    "less_equal": compared(torch.le),
    "greater": compared(torch.gt),
    "greater_equal": compared(torch.ge),
    "overall": row(lambda n, x: x.mean()),
}
