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
 *   permute               sample, class indices too -> axis i is the operand's axis `axis[i]`, from
 * 1 concat                samples, class indices too, that differ in one axis only -> theirs one
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

/* The attributes of each group of ops: a gradient has those of its op, and perhaps more. An op's
 * table says which members are its attributes; the others are 0. */

/* input, target, reshape, tensor */
typedef struct ShapeAttrs {
    Shape shape;
} ShapeAttrs;

typedef struct LabelAttrs {
    int classes;
    Shape shape;
} LabelAttrs;

/* How a parameter begins: constant a; uniform in [a, b); normal with mean a and deviation b.
 * INIT_DIRAC + one of the first three: how filters beyond the inputs begin. */
enum { INIT_CONSTANT, INIT_UNIFORM, INIT_NORMAL, INIT_TRUNCATED, INIT_ORTHOGONAL, INIT_DIRAC };
enum { INIT_LAST = INIT_DIRAC + INIT_NORMAL };
/* What a state is: assigned by steps; the same, in whole numbers; constant. */
enum { STATE_RUNNING, STATE_COUNT, STATE_FIXED };
/* param, state */
typedef struct ParamAttrs {
    Shape shape;
    int init;
    double a, b;
    int role; /* of a state */
} ParamAttrs;

typedef struct NumberAttrs {
    double value;
} NumberAttrs;

typedef struct ArangeAttrs {
    int n;
} ArangeAttrs;

/* randn, rand */
typedef struct RandomAttrs {
    uint32_t stream; /* of the name */
    Shape shape;
} RandomAttrs;

/* leaky_relu and its gradient; elu, clamp, gelu and theirs */
typedef struct LeakyAttrs {
    double slope;
} LeakyAttrs;
typedef struct EluAttrs {
    double alpha;
} EluAttrs;
typedef struct ClampAttrs {
    double low, high;
} ClampAttrs;
typedef struct GeluAttrs {
    int approximate;
} GeluAttrs;

/* dropout, dropout2d, dropout_grad. Part i of a stacked value decides as application `application`
 * + i * `application_step`. The decision of element (c, h, w), of values of two axes (w, c), has
 * the number (h*width + w)*stride + c, where the stride is `channels` rounded up to 16; dropout2d's
 * has the number c. Where `channels` is 0 (the preset), the shape rule sets all three sizes from
 * the operand, looking through flatten and the pointwise ops after it. */
typedef struct DropoutAttrs {
    double p;
    uint32_t stream; /* a hash of the layer's name */
    int application; /* 0 for the first use of the layer */
    int channels, height, width;
    int application_step;
} DropoutAttrs;

/* attention, attention_grad, attention_next */
typedef struct AttentionAttrs {
    DropoutAttrs drop;
    int heads; /* of a packed operand */
    bool causal;
    double scale; /* 0: as the width of a head says */
    int part;     /* of the gradient: the operand, all of a packed one */
    int places;   /* of attention_next: those of the whole sequence */
} AttentionAttrs;

/* Those of dropout, of nodes of either group. */
const DropoutAttrs *dropout_attrs(const Node *node);

enum { PAD_CONSTANT, PAD_REFLECT, PAD_REPLICATE, MAX_PADDING = 1024 };
extern const char *const pad_modes[]; /* their words; NULL-terminated */
/* random_flip, random_crop, random_erase, random_crop_grad */
typedef struct MoveAttrs {
    double p;          /* 1 of crops, which are always made */
    uint32_t stream;   /* of the layer's name */
    int axis;          /* of a flip: counts from 1, or back from -1 */
    int padding, mode; /* of a crop */
    int size;          /* of an erased square */
} MoveAttrs;

/* The axis that a random_flip flips, from 0. */
int moved_axis(const Node *node);

/* batch_norm and its gradients, folded_weight, folded_bias: eps; layer_norm, rms_norm and their
 * gradients, last_sum: axes, too; group_norm and its gradients: groups, too */
typedef struct NormAttrs {
    double eps;
    int axes;
    int groups;
} NormAttrs;

/* Whether a normalisation of the last axes, or a gradient of it, takes the mean away: rms_norm does
 * not. */
bool norm_is_centred(const Node *node);

/* tracked, blend */
typedef struct BlendAttrs {
    double momentum;
    int places;
} BlendAttrs;

/* conv2d, conv2d_dgrad, conv_transpose2d, conv2d_wgrad. [0] is the direction of the height, [1]
 * that of the width. */
typedef struct ConvAttrs {
    int stride[2], pad[2], dilation[2];
    int groups;
    int extra[2]; /* dgrad: the input's size; a transposed convolution: that of its result; wgrad:
                     the kernel's */
} ConvAttrs;

/* max_pool2d, avg_pool2d and their gradients */
typedef struct PoolAttrs {
    int kernel[2], stride[2], pad[2];
    int extra[2]; /* avg_pool2d_grad: the input's size */
} PoolAttrs;

/* sum, mean, amax, amin, logsumexp, softmax, log_softmax, expand */
typedef struct ReduceAttrs {
    int axes; /* a bit for each axis, from the first of a sample on; 0: all axes */
    bool keepdim;
    Shape shape; /* of an expand without a value like which it is made */
} ReduceAttrs;

/* concat: an axis counts from 1, the first of a sample, as users count; one_hot: that of the
 * classes in the result; argmax: that of its operand; at_place */
typedef struct AxisAttrs {
    int axis;
} AxisAttrs;

/* slice, pad */
typedef struct SliceAttrs {
    int offset, count, axis, step;
    int size;     /* of the axis that pad makes; it has this in place of a count */
    double value; /* of pad */
} SliceAttrs;

typedef struct PermuteAttrs {
    int axis[MAX_RANK]; /* of the operand, from 1, that becomes axis i; 0: there is none */
} PermuteAttrs;

/* The operand's axis, from 0, that becomes axis `axis`; -1: there is none. */
int permuted_axis(const Node *node, int axis);

/* upsample and its gradient */
enum { UPSAMPLE_NEAREST, UPSAMPLE_BILINEAR };
extern const char *const upsample_modes[]; /* their words; NULL-terminated */
typedef struct UpsampleAttrs {
    int scale[2];
    int mode;
} UpsampleAttrs;

/* pixel_shuffle and its gradient */
typedef struct ShuffleAttrs {
    int factor;
} ShuffleAttrs;

typedef struct MatmulAttrs {
    bool transpose[2]; /* of each operand */
} MatmulAttrs;

/* embedding, embedding_grad */
typedef struct EmbeddingAttrs {
    int padding; /* the row that is not trained, -1: none */
    int num;     /* rows of the table: of the gradient */
} EmbeddingAttrs;

/* rnn, gru, lstm; recurrence_next and the ops of gradients, which have the cell, too */
typedef struct RecurrenceAttrs {
    bool reverse;
    int cell;
} RecurrenceAttrs;

typedef struct PartAttrs {
    int index;
} PartAttrs;

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
 * stride * height * width (dropout2d: stride). */
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
