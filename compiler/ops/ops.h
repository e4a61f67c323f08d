/* The ops by name, and the order of the attributes that other layers set or read. B is the mean
 * over the batch, g an upstream gradient: schedule or scalar.
 *
 *   input target          field -> sample
 *   label                 field -> sample (), class index
 *   param state           -> param
 *   tensor                -> sample, once: shared by all samples
 *   randn rand            -> sample
 *   shared                param -> sample, once
 *   repeat                sample, once -> sample
 *   number epoch epochs step steps
 *                         -> schedule
 *   min max pow (2) floor (1)
 *                         schedules -> schedule
 *   exp log sqrt cos      numbers of any kind -> the same; else sample -> same shape
 *   add sub mul div (2) neg (1)
 *                         equal kinds and shapes; a schedule goes with any kind and shape; a scalar
 *                         goes with scalars and schedules only, a number of the split with these,
 *                         too; class indices are refused
 *   relu leaky_relu tanh sigmoid dropout
 *                         sample -> same shape
 *   dropout2d             sample (C,H,W) -> same shape
 *   random_flip           sample of any type with axes -> same type
 *   random_crop random_erase
 *                         sample (..,H,W) of any type -> same type
 *   linear                x (N) or (T,N), weight (out,N)[, bias (out)] -> sample (out) or (T,out)
 *   conv2d                x (C,H,W), weight (out,C/groups,kh,kw)[, bias (out)]
 *                         -> sample (out,OH,OW)
 *   conv_transpose2d      x (C,H,W), weight (C,out/groups,kh,kw)[, bias (out)]
 *                         -> sample (out,OH,OW): the input gradient of the convolution that has
 *                         this weight and makes x of the result
 *   embedding             class indices, weight (num,dim) -> theirs and an axis (dim)
 *   attention             q, k, v: (T,D) or (heads,T,D) each -> q's shape with v's last axis; or
 *                         (T,3C), all of HEADS heads side by side -> (T,C)
 *   group_norm            sample (C, H, W)[, weight (C)[, bias (C)]] -> same shape
 *   group_norm_dgrad      x, dy[, weight] -> sample
 *   group_norm_wgrad      x, dy -> param
 *   batch_norm            x (C,..), mean (C), variance (C), weight (C) or the number 1, bias (C) or
 *                         the number 0 -> shape of x
 *   channel_mean          x (C,..) -> param (C); channel_variance x, mean
 *   tracked               of the batch, running: params of one shape
 *   blend count           state[, of the batch] -> the state's next value
 *   max_pool2d avg_pool2d sample (C,H,W) -> (C,OH,OW)
 *   upsample              sample (C,H,W) -> (C,H*sh,W*sw)
 *   pixel_shuffle         sample (C*r*r,H,W) -> (C,H*r,W*r)
 *   rnn gru lstm          x (T,gates*N), weight (gates*N,N)[, bias (gates*N)] -> states (T,N)
 *   flatten               sample of any rank -> sample (N), in (C,H,W) order
 *   reshape               sample, class indices too -> sample of the shape in its attributes, in
 *                         (C,H,W) order
 *   permute               sample, class indices too -> axis i is the operand's axis attr[i], from 1
 *   concat                samples, class indices too, that differ in one axis only -> theirs one
 *                         after the other there
 *   slice                 sample, class indices too -> `count` places of an axis: offset,
 *                         offset + step, ...; steps may be negative, or 0: the same place
 *   pad                   sample, class indices too -> its places at offset, offset + step, ... of
 *                         an axis of `size`, a constant at the others
 *   cross_entropy         logits (N), label of N classes -> scalar: B
 *   mse bce_with_logits   x, target: sample of that shape or schedule
 *                         -> scalar: B and mean over elements
 *   arange                -> class indices 0 .. n-1 in each sample
 *   argmax                sample -> without an axis, of whose size there are classes: the first of
 *                         equal values; NaN where the largest is not finite
 *   one_hot               class indices -> sample with an axis of the classes more, 1 or 0
 *   equal less_equal      samples of one shape, indices or reals -> sample, 1 or 0
 *   overall               real sample () or (1) -> split: B, over all batches
 *   relu_grad leaky_relu_grad tanh_grad sigmoid_grad
 *                         y, dy: y is the activation's value
 *   dropout_grad          y, dy: y is the dropout of a ReLU: dy * scale where y > 0; attributes of
 *                         dropout
 *   random_crop_grad      dy: the adjoint of random_crop; its attributes
 *   linear_dgrad conv2d_dgrad
 *                         dy, weight -> sample
 *   linear_wgrad conv2d_wgrad
 *                         x, dy -> param
 *   bias_grad             dy: sample (N) or (C,H,W) -> param (N) or (C): sum over batch and places
 *   embedding_grad        class indices, dy -> param (num,dim)
 *   attention_grad        q, k, v, dy -> shape of the operand PART; (T,3C), dy -> (T,3C)
 *   folded_weight         weight (C,..), variance (C), weight of the norm (C) or the number 1:
 *                         param
 *   folded_bias           mean (C), variance (C), weight and bias of the norm (C) or the numbers 1
 *                         and 0[, bias (C)]: param
 *   batch_norm_wgrad batch_norm_bgrad
 *                         x, dy, mean, variance -> param (C)
 *   batch_norm_dgrad      x, dy, mean, variance, bgrad, wgrad, weight -> sample
 *   batch_norm_scale      dy, variance, weight -> sample
 *   max_pool2d_grad       x, dy
 *   avg_pool2d_grad       dy
 *   upsample_grad pixel_shuffle_grad
 *                         dy
 *   matmul                (..,M,K), (..,K,N), each perhaps transposed -> (..,M,N); axes before
 *                         broadcast
 *   recurrence_gates      x, weight, states[, bias] -> (T,kept,N)
 *   recurrence_grad       dy, weight, states[, gates] -> gradient in x
 *   recurrence_hidden_grad
 *                         gradient in x, gates -> that in weight * state + bias, where it differs
 *   recurrence_wgrad      states, gradient in weight * state -> param
 *   sum mean              sample -> without the axes of its attribute (none: all), or 1 there
 *   amax amin logsumexp   the same
 *   softmax log_softmax   sample, axes as of sum -> same shape
 *   expand                x[, like]: sample -> the shape of `like`, or the stated one; x has it
 *                         without the axes, or with sizes of 1
 *   ratio (2)             scalar, scalar or schedule -> scalar: their quotient, 0 where the divisor
 *                         is 0
 *   batch_mean            sample of one value -> scalar: B
 *   batch_mean_grad       x, g -> shape of x: g / B
 *   cross_entropy_grad mse_grad bce_grad
 *                         x, target, g: gradient in the first operand, with the 1/B of the mean
 *   bce_target_grad       x, g: gradient in the target
 *   shared_grad           dy: sample, once -> param
 *   sum_samples           sample -> sample, once: sum over the batch
 *   at_place              sample, class indices too -> the place of the call alone, of an axis
 *   attention_next        attention's operands, one place of each -> one place
 *   recurrence_next       x (1,gates*N), weight, bias of rnn, gru or lstm -> (1,N)
 *   stack                 samples of one shape -> their values as parts of one: a larger batch
 *   part                  stacked sample -> one of its parts
 */
#ifndef NNGEN_OPS_OPS_H
#define NNGEN_OPS_OPS_H

#include "../graph/op.h"

#define OP(name) extern const Op op_##name;
#include "ops.def"
#undef OP

/* input, target, reshape, tensor */
enum { SHAPE_RANK, SHAPE_DIM0, SHAPE_DIM1, SHAPE_DIM2, SHAPE_DIM3 };
/* label */
enum { LABEL_CLASSES, LABEL_RANK, LABEL_DIM0 };
/* param */
enum { PARAM_RANK, PARAM_DIM0, PARAM_DIM1, PARAM_DIM2, PARAM_DIM3, PARAM_INIT, PARAM_A, PARAM_B };
/* state: those of param, and what it is: assigned by steps; the same, in whole numbers; constant */
enum { STATE_ROLE = PARAM_B + 1 };
enum { STATE_RUNNING, STATE_COUNT, STATE_FIXED };
/* PARAM_INIT: constant a; uniform in [a, b); normal with mean a and deviation b */
enum { INIT_CONSTANT, INIT_UNIFORM, INIT_NORMAL, INIT_TRUNCATED, INIT_ORTHOGONAL, INIT_DIRAC };
/* INIT_DIRAC + one of the first three: how filters beyond the inputs begin */
enum { INIT_LAST = INIT_DIRAC + INIT_NORMAL };
/* number; leaky_relu and leaky_relu_grad */
enum { NUMBER_VALUE };
enum { LEAKY_SLOPE };
/* dropout, dropout2d. STREAM: a hash of the layer's name; APPLICATION: 0 for the first use of the
 * layer; part i of a stacked value decides as application APPLICATION + i * APPLICATION_STEP. The
 * decision of element (c, h, w), of values of two axes (w, c), has the number (h*WIDTH +
 * w)*CHANNEL_STRIDE + c, where CHANNEL_STRIDE is CHANNELS rounded up to 16; dropout2d's has the
 * number c. Where CHANNELS is 0 (the preset), the shape rule sets all three from the operand,
 * looking through flatten and the pointwise ops after it. */
enum {
    DROPOUT_P,
    DROPOUT_STREAM,
    DROPOUT_APPLICATION,
    DROPOUT_CHANNELS,
    DROPOUT_HEIGHT,
    DROPOUT_WIDTH,
    DROPOUT_APPLICATION_STEP
};
/* Ops that move elements: a chance, the stream of the layer's name, and an option or two. Crops are
 * always made: their P is 1. FLIP_AXIS counts from 1, or back from -1. */
enum {
    MOVE_P,
    MOVE_STREAM,
    FLIP_AXIS,
    CROP_PADDING = FLIP_AXIS,
    CROP_MODE,
    ERASE_SIZE = FLIP_AXIS
};
/* randn, rand: the stream of the name, and a shape */
enum { RANDOM_STREAM, RANDOM_RANK, RANDOM_DIM0 };
enum { PAD_CONSTANT, PAD_REFLECT, PAD_REPLICATE, MAX_PADDING = 1024 };
extern const char *const pad_modes[]; /* their words; NULL-terminated */
/* The axis that a random_flip flips, from 0. */
int moved_axis(const Node *node);
/* Whether a normalisation of the last axes, or a gradient of it, takes the mean away: rms_norm does
 * not. */
bool norm_is_centred(const Node *node);
/* conv2d, conv2d_dgrad, conv_transpose2d, conv2d_wgrad; dgrad has the input's size in EXTRA, a
 * transposed convolution that of its result, wgrad the kernel's */
enum {
    CONV_STRIDE_H,
    CONV_STRIDE_W,
    CONV_PAD_H,
    CONV_PAD_W,
    CONV_DIL_H,
    CONV_DIL_W,
    CONV_GROUPS,
    CONV_EXTRA_H,
    CONV_EXTRA_W
};
/* max_pool2d, avg_pool2d and their gradients; avg_pool2d_grad has the input's size in EXTRA */
enum {
    POOL_KERNEL_H,
    POOL_KERNEL_W,
    POOL_STRIDE_H,
    POOL_STRIDE_W,
    POOL_PAD_H,
    POOL_PAD_W,
    POOL_EXTRA_H,
    POOL_EXTRA_W
};
/* sum, mean, amax, amin, logsumexp, softmax, log_softmax, expand. AXES: a bit for each axis, from
 * the first of a sample on; 0: all axes. An expand without a value like which it is made has its
 * shape from RANK on. */
enum { REDUCE_AXES, REDUCE_KEEPDIM };
enum { EXPAND_RANK = REDUCE_AXES + 1, EXPAND_DIM0 };
/* one_hot: the axis of the classes in the result, from 1; argmax: that of its operand */
enum { HOT_AXIS };
enum { ARGMAX_AXIS };
/* permute: the operand's axis, from 0, that becomes axis `axis`; -1: there is none. */
int permuted_axis(const Node *node, int axis);
/* upsample and its gradient; pixel_shuffle and its gradient */
enum { UPSAMPLE_H, UPSAMPLE_W, UPSAMPLE_MODE };
enum { UPSAMPLE_NEAREST, UPSAMPLE_BILINEAR };
extern const char *const upsample_modes[]; /* their words; NULL-terminated */
enum { SHUFFLE_FACTOR };
/* concat. An axis is counted from 1, the first of a sample, as users do. */
enum { CONCAT_AXIS };
/* slice, pad */
enum { SLICE_OFFSET, SLICE_COUNT, SLICE_AXIS, SLICE_STEP, PAD_SIZE = SLICE_COUNT, PAD_VALUE = 4 };
/* matmul */
enum { MATMUL_TRANSPOSE_A, MATMUL_TRANSPOSE_B };
/* attention, attention_grad: those of dropout, then HEADS of a packed operand, CAUSAL, SCALE (0: as
 * the width of a head says) and, of the gradient, PART: the operand, all of a packed one; of
 * attention_next PLACES: those of the whole sequence */
enum {
    ATTENTION_HEADS = DROPOUT_APPLICATION_STEP + 1,
    ATTENTION_CAUSAL,
    ATTENTION_SCALE,
    ATTENTION_PART,
    ATTENTION_PLACES = ATTENTION_PART
};
/* embedding, embedding_grad: the row that is not trained, -1: none; rows of the table */
enum { EMBEDDING_PADDING, EMBEDDING_NUM };
/* part */
enum { PART_INDEX };
/* at_place: counted from 1 */
enum { PLACE_AXIS };

/* What a linear layer wants, and what is to be done where it gets more axes. */
#define LINEAR_WANTS "(N), a vector, or (T, N), a sequence"
#define LINEAR_ADVICE "use nn.flatten, or nn.permute and nn.reshape, before it"

/* For the matrix number `block` of a product the number of the operand's matrix. */
int64_t matmul_block(const Node *node, int operand, int64_t block);

/* Whether axis `axis`, from 0, is among those of a sum, mean or expand whose larger side has `rank`
 * axes. */
bool reduces_axis(const Node *node, int rank, int axis);

/* clang-format off */
/* Whether dropout keeps element number `element` (see above) of a sample: the one definition that
 * the reference and generated code share. A decision is 16 bits of a 32-bit hash of a counter:
 *   key  = dropout_key(seed, stream, application, step), the high half of
 *          fin(fin(fin(seed + 0x9e3779b97f4a7c15) ^ step) ^ (application << 32 | stream)), with
 *          fin(x): x ^= x>>33; x *= 0xff51afd7ed558ccd; x ^= x>>33; x *= 0xc4ceb9fe1a85ec53;
 *                  x ^= x>>33, all of 64 bits
 *   word = sample * words + element / 32 * 16 + element % 16, words = round_up(elements, 32) / 2
 *   hash = mix(word * 0x9E3779B1 ^ key), with
 *          mix(x): x ^= x>>16; x *= 0x7feb352d; x ^= x>>15; x *= 0x846ca68b; x ^= x>>16
 *   half = the low half of hash if element / 16 is even, else the high half
 *   keep = half >= threshold, threshold = round(p * 65536)
 * `sample` is the index in the epoch, all arithmetic but that of the key is modulo 2^32, elements =
 * CHANNEL_STRIDE * HEIGHT * WIDTH (dropout2d: CHANNEL_STRIDE). */
/* clang-format on */
uint32_t dropout_key(uint64_t seed, uint32_t stream, uint32_t application, uint64_t step);
uint32_t dropout_hash(uint32_t word, uint32_t key);
uint32_t dropout_threshold(double p);
bool dropout_keeps(uint32_t key, int64_t sample, int64_t elements, int64_t element,
                   uint32_t threshold);

/* Draws of the ops that move elements, MOVE_WORDS words of 32 bits a sample, of the hash above:
 *   key  = dropout_key(seed, stream, 0, step)
 *   word i of a sample = mix((sample * MOVE_WORDS + i) * 0x9E3779B1 ^ key)
 *   it happens if word 0 >> 16 < threshold, threshold = round(p * 65536), 0 without dropout
 *   pick(i, count) = word i * count >> 32, of 64 bits: one of 0 .. count - 1
 * A flip turns the axis round. A crop shows place y + pick(1, 2 padding + 1) - padding of its
 * operand in row y, x + pick(2, 2 padding + 1) - padding in column x. An erased square begins in
 * row pick(1, H) - size / 2, column pick(2, W) - size / 2. */
enum { MOVE_WORDS = 3 };

/* Draws of randn and rand, words of the hash above. Elements have numbers as decisions of dropout
 * have: element (c, h, w) that of its place times the channels rounded up to 16, plus c; (t, n)
 * that of t times the columns rounded up to 16, plus n.
 *   key  = dropout_key(seed, stream, 0, step); outside training, and where it goes without dropout,
 *          dropout_key(0, stream, RANDOM_STEADY, 0)
 *   word i of a sample = mix((sample * words + i) * 0x9E3779B1 ^ key), words = random_words(shape),
 *          the least multiple of 32 above all numbers; bits i = word i >> 8
 *   rand  of element e = bits e / 2^24
 *   randn of element e: i = e / 32 * 32 + e % 16, r = sqrt(-2 log((bits i + 1) / 2^24)),
 *          a = 2 pi (bits (i + 16) / 2^24 - 1/2); r cos(a) if e / 16 is even, else r sin(a) */
enum { RANDOM_STEADY = 1 };
int64_t random_words(Shape shape);

/* The stream number of a layer's name (32-bit FNV-1a). */
uint32_t dropout_stream(const char *layer);

#endif
