/* Dropout of elements and of whole channels. Decisions are a function of seed, layer, use of the
 * layer, step, sample and element alone: see ops.h. */
#include <string.h>

#include "rules.h"

/* The 64-bit finaliser of MurmurHash3 (A. Appleby): every bit of x decides over every bit of the
 * result. */
static uint64_t mix64(uint64_t x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}

uint32_t dropout_key(uint64_t seed, uint32_t stream, uint32_t application, uint64_t step) {
    uint64_t x = mix64(seed + 0x9e3779b97f4a7c15ULL);
    x = mix64(x ^ step);
    x = mix64(x ^ ((uint64_t)application << 32 | stream));
    return (uint32_t)(x >> 32);
}

uint32_t dropout_hash(uint32_t word, uint32_t key) {
    uint32_t x = word * 0x9E3779B1u ^ key;
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

uint32_t dropout_threshold(double p) {
    return (uint32_t)(p * 65536.0 + 0.5);
}

bool dropout_keeps(uint32_t key, int64_t sample, int64_t elements, int64_t element,
                   uint32_t threshold) {
    uint32_t words = (uint32_t)((elements + 31) / 32 * 16);
    uint32_t word = (uint32_t)sample * words + (uint32_t)(element / 32 * 16 + element % 16);
    uint32_t hash = dropout_hash(word, key);
    uint32_t half = element / 16 % 2 ? hash >> 16 : hash & 0xffffu;
    return half >= threshold;
}

uint32_t dropout_stream(const char *layer) {
    uint32_t h = 2166136261u;
    for (; *layer; layer++) h = (h ^ (unsigned char)*layer) * 16777619u;
    return h;
}

const DropoutAttrs *dropout_attrs(const Node *n) {
    return op_is(n->op, TRAIT_MAY_DROP) ? &ATTRS(n, AttentionAttrs)->drop : ATTRS(n, DropoutAttrs);
}

void dropout_set_places(Node *n, int channels, int height, int width) {
    node_set(n, "channels", channels);
    node_set(n, "height", height);
    node_set(n, "width", width);
}

/* The shape whose places a value has, channels first: flatten and pointwise ops keep those of their
 * operand, but vectors made of two axes lie in plain order. */
static Shape places(const Node *x) {
    const Shape s = x->type.shape;
    if (s.rank == 2) return (Shape){3, {s.dim[1], 1, s.dim[0]}};
    while (x->op == &op_flatten || x->op->row) {
        int i = 0;
        while (x->in[i]->type.kind != KIND_SAMPLE) i++;
        x = x->in[i];
    }
    return x->type.shape.rank == 2 ? s : x->type.shape;
}

static bool dropout_shape(Graph *g, Node *n) {
    bool channels = n->op == &op_dropout2d;
    for (int i = 0; i < n->n_in; i++)
        if (!want_sample(g, n, i, channels ? 3 : -1,
                         channels ? "(C, H, W), whose channels it drops"
                                  : "real values per sample"))
            return false;
    if (n->n_in > 1 && !want_same(g, n, 0, 1)) return false;
    n->type = n->in[0]->type;
    if (dropout_attrs(n)->channels == 0) {
        const Shape s = places(n->in[0]);
        dropout_set_places(n, s.rank > 0 ? s.dim[0] : 1, s.rank > 1 ? s.dim[1] : 1,
                           s.rank > 2 ? s.dim[2] : 1);
    }
    const DropoutAttrs *drop = dropout_attrs(n);
    const Shape stated = {3, {drop->channels, drop->height, drop->width}};
    if (shape_count(stated) == shape_count(n->type.shape)) return true;
    return op_error(g, n, 0, "wants as many elements as %s has", shape_text(g->arena, stated));
}

double dropout_factor(const Env *env, const Node *n, int sample, int64_t elements,
                      int64_t element) {
    if (!env->dropout) return 1;
    const DropoutAttrs *drop = dropout_attrs(n);
    const double p = drop->p;
    const int each = env->batch / n->type.parts, part = sample / each;
    const int64_t application = drop->application + (int64_t)part * drop->application_step;
    const uint32_t key =
        dropout_key(env->seed, drop->stream, (uint32_t)application, (uint64_t)env->step);
    const bool kept = dropout_keeps(key, env->first_sample + sample % each, elements, element,
                                    dropout_threshold(p));
    return kept ? 1 / (1 - p) : 0;
}

/* That of element k of a sample. */
static double factor(const Env *env, const Node *n, int sample, int64_t k) {
    bool channels = n->op == &op_dropout2d;
    const DropoutAttrs *drop = dropout_attrs(n);
    const int C = drop->channels, H = drop->height, W = drop->width, stride = (C + 15) / 16 * 16;
    const bool last = n->type.shape.rank == 2; /* (W, C), the channels last */
    int64_t c = last ? k % C : k / ((int64_t)H * W), h = last ? 0 : k / W % H,
            w = last ? k / C : k % W;
    int64_t elements = channels ? stride : (int64_t)stride * H * W;
    int64_t element = channels ? c : (h * W + w) * stride + c;
    return dropout_factor(env, n, sample, elements, element);
}

static void dropout_value(const Env *env, const Node *n, const double *const *in, double *out) {
    int64_t each = shape_count(n->type.shape);
    for (int b = 0; b < env->batch; b++)
        for (int64_t k = 0; k < each; k++)
            out[b * each + k] = in[0][b * each + k] * factor(env, n, b, k);
}

static void dropout_grad_value(const Env *env, const Node *n, const double *const *in,
                               double *out) {
    double p = dropout_attrs(n)->p, scale = env->dropout && p < 1 ? 1 / (1 - p) : 1;
    int64_t count = all_elements(env, n);
    for (int64_t k = 0; k < count; k++) out[k] = in[0][k] > 0 ? in[1][k] * scale : 0;
}

/* The mask is linear: backward applies the same node to the gradient. */
static void dropout_gradient(Gradient *g) {
    g->dx[0] = grad_node(g, g->node->op, 1, &g->dy, &g->node->attrs);
}

static const AttrSpec attrs[] = {DROPOUT_ATTRS(DropoutAttrs, , 0.5)};
static const OpSample samples[] = {{.inputs = "S(3,5,4)", WITH(0.3, 17, 1)},
                                   {.inputs = "S(37)", WITH(0.5, 99, 0)},
                                   {.inputs = "S(48,3,3)", WITH(0.25, 4000000000.0, 2)},
                                   {.inputs = "S(5)", WITH(0)},
                                   {.inputs = "S(7,20)", WITH(0.4, 3, 2)},
                                   {.inputs = "S(60)", WITH(0.5, 5, 0, 3, 5, 4)}};
static const OpSample channel_samples[] = {{.inputs = "S(37,2,2)", WITH(0.5, 99, 0)},
                                           {.inputs = "S(48,3,3)", WITH(0.25, 4000000000.0, 2)}};
static const OpSample grad_samples[] = {{.inputs = "S(3,5,4) S(3,5,4)", WITH(0.3, 17, 1)},
                                        {.inputs = "S(37) S(37)", WITH(0.5, 99, 0)}};

const Op op_dropout = {.name = "dropout",
                       .help = "drops elements, scales the rest by 1 / (1 - p)",
                       .min_in = 1,
                       .max_in = 1,
                       HAS_ATTRS(DropoutAttrs, attrs),
                       .shape = dropout_shape,
                       .gradient = dropout_gradient,
                       .reference = dropout_value,
                       SAMPLES(samples),
                       .traits = TRAIT_RANDOM,
                       .row = "DROPPED(%a, %d, %s, %e)",
                       .zeros = ZEROS_KEPT};
const Op op_dropout2d = {.name = "dropout2d",
                         .help = "drops channels, scales the rest by 1 / (1 - p)",
                         .min_in = 1,
                         .max_in = 1,
                         HAS_ATTRS(DropoutAttrs, attrs),
                         .shape = dropout_shape,
                         .gradient = dropout_gradient,
                         .reference = dropout_value,
                         SAMPLES(channel_samples),
                         .traits = TRAIT_RANDOM,
                         .row = "DROPPED(%a, %d, %s, %c)",
                         .zeros = ZEROS_KEPT};
const Op op_dropout_grad = {.name = "dropout_grad",
                            .help = "gradient through a ReLU and its dropout",
                            .min_in = 2,
                            .max_in = 2,
                            HAS_ATTRS(DropoutAttrs, attrs),
                            .shape = dropout_shape,
                            .reference = dropout_grad_value,
                            SAMPLES(grad_samples),
                            .traits = TRAIT_RANDOM,
                            .row = "POSITIVE(%a, ROUNDED(MUL(%b, SET(%d->scale))))",
                            .zeros = ZEROS_KEPT,
                            .backward_only = true};
