/* Max and average pooling. The first of equal values in row order wins; padding never wins;
 * averages divide by the whole window, padding included. */
#include <math.h>
#include <string.h>

#include "geometry.h"
#include "rules.h"

/* Places of the windows over x; 0 where not even one fits. */
static Shape pooled(const Node *n, Shape x) {
    Shape y = x;
    const PoolAttrs *p = ATTRS(n, PoolAttrs);
    for (int i = 0; i < 2; i++)
        y.dim[1 + i] = window_count(x.dim[1 + i], p->kernel[i], p->stride[i], p->pad[i], 1);
    return y;
}

static bool pool_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)")) return false;
    Shape y = pooled(n, n->in[0]->type.shape);
    const PoolAttrs *p = ATTRS(n, PoolAttrs);
    for (int i = 0; i < 2; i++) {
        if (p->pad[i] * 2 > p->kernel[i])
            return op_error(g, n, -1, "padding (%d) can be half of the kernel (%d) at most",
                            p->pad[i], p->kernel[i]);
        if (y.dim[1 + i] < 1)
            return op_error(g, n, 0, "its kernel (%d) is larger than its padded input",
                            p->kernel[i]);
    }
    if ((int64_t)p->kernel[0] * p->kernel[1] > MAX_SAMPLE)
        return op_error(g, n, -1, "its window has more than %d elements", MAX_SAMPLE);
    n->type = type_sample(y);
    return true;
}

/* The windows of a pool: y places over x. */
typedef struct Windows {
    int planes, H, W, OH, OW;
    const PoolAttrs *pool;
} Windows;

static Windows windows_of(const Env *env, const Node *n, Shape x, Shape y) {
    return (Windows){env->batch * x.dim[0], x.dim[1], x.dim[2], y.dim[1], y.dim[2],
                     ATTRS(n, PoolAttrs)};
}

/* Index in the plane of tap t of the window at (oy, ox), -1 in the padding. */
static int tap_at(const Windows *p, int oy, int ox, int t) {
    int y = oy * p->pool->stride[0] + t / p->pool->kernel[1] - p->pool->pad[0],
        x = ox * p->pool->stride[1] + t % p->pool->kernel[1] - p->pool->pad[1];
    return y < 0 || y >= p->H || x < 0 || x >= p->W ? -1 : y * p->W + x;
}

/* The winner of the window; if `below` is not NULL, the largest value that is less than that. */
static int winner(const Windows *p, const double *plane, int oy, int ox, const double *below) {
    int best = -1;
    for (int t = 0; t < p->pool->kernel[0] * p->pool->kernel[1]; t++) {
        int i = tap_at(p, oy, ox, t);
        if (i < 0 || (below && !(plane[i] < *below))) continue;
        if (best < 0 || plane[i] > plane[best] || (isnan(plane[i]) && !isnan(plane[best])))
            best = i;
    }
    return best;
}

/* The winner, or the second where the decision is to be turned. `plane` is number c of all samples'
 * planes. */
static int decided_winner(const Env *env, const Windows *p, const double *plane, int c, int oy,
                          int ox, double scale) {
    int best = winner(p, plane, oy, ox, NULL);
    if (scale == 0) return best;
    int second = winner(p, plane, oy, ox, &plane[best]);
    int64_t sample = c / (p->planes / env->batch), place = ((int64_t)c * p->OH + oy) * p->OW + ox;
    bool turns =
        second >= 0 && decision_turns(env, sample, place, plane[best] - plane[second], scale);
    return turns ? second : best;
}

static void max_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Windows p = windows_of(env, n, n->in[0]->type.shape, n->type.shape);
    double scale = tie_scale(env, in[0], all_elements(env, n->in[0]));
    for (int c = 0; c < p.planes; c++)
        for (int oy = 0; oy < p.OH; oy++)
            for (int ox = 0; ox < p.OW; ox++) {
                const double *plane = in[0] + (int64_t)c * p.H * p.W;
                out[((int64_t)c * p.OH + oy) * p.OW + ox] =
                    plane[decided_winner(env, &p, plane, c, oy, ox, scale)];
            }
}

static void max_grad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Windows p = windows_of(env, n, n->type.shape, n->in[1]->type.shape);
    double scale = tie_scale(env, in[0], all_elements(env, n));
    memset(out, 0, sizeof *out * (size_t)all_elements(env, n));
    for (int c = 0; c < p.planes; c++)
        for (int oy = 0; oy < p.OH; oy++)
            for (int ox = 0; ox < p.OW; ox++) {
                int64_t plane = (int64_t)c * p.H * p.W;
                out[plane + decided_winner(env, &p, in[0] + plane, c, oy, ox, scale)] +=
                    in[1][((int64_t)c * p.OH + oy) * p.OW + ox];
            }
}

static void avg_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Windows p = windows_of(env, n, n->in[0]->type.shape, n->type.shape);
    for (int c = 0; c < p.planes; c++)
        for (int oy = 0; oy < p.OH; oy++)
            for (int ox = 0; ox < p.OW; ox++) {
                double sum = 0;
                for (int t = 0; t < p.pool->kernel[0] * p.pool->kernel[1]; t++) {
                    int i = tap_at(&p, oy, ox, t);
                    if (i >= 0) sum += in[0][(int64_t)c * p.H * p.W + i];
                }
                out[((int64_t)c * p.OH + oy) * p.OW + ox] =
                    sum / (p.pool->kernel[0] * p.pool->kernel[1]);
            }
}

static void avg_grad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Windows p = windows_of(env, n, n->type.shape, n->in[0]->type.shape);
    memset(out, 0, sizeof *out * (size_t)all_elements(env, n));
    for (int c = 0; c < p.planes; c++)
        for (int oy = 0; oy < p.OH; oy++)
            for (int ox = 0; ox < p.OW; ox++)
                for (int t = 0; t < p.pool->kernel[0] * p.pool->kernel[1]; t++) {
                    int i = tap_at(&p, oy, ox, t);
                    if (i >= 0)
                        out[(int64_t)c * p.H * p.W + i] +=
                            in[0][((int64_t)c * p.OH + oy) * p.OW + ox] /
                            (p.pool->kernel[0] * p.pool->kernel[1]);
                }
}

static void max_gradient(Gradient *g) {
    Node *in[2] = {g->node->in[0], g->dy};
    g->dx[0] = grad_node(g, &op_max_pool2d_grad, 2, in, &g->node->attrs);
}

static void avg_gradient(Gradient *g) {
    PoolAttrs attrs = *ATTRS(g->node, PoolAttrs);
    for (int i = 0; i < 2; i++) attrs.extra[i] = g->node->in[0]->type.shape.dim[1 + i];
    g->dx[0] = grad_node(g, &op_avg_pool2d_grad, 1, &g->dy, ATTRS_AT(PoolAttrs, &attrs));
}

/* Reports unless operand `i` has the shape of this pooling of the node's own type. */
static bool want_pooled(Graph *g, const Node *n, int i) {
    Shape y = pooled(n, n->type.shape);
    if (shape_equal(y, n->in[i]->type.shape)) return true;
    return op_error(g, n, i, "wants %s", shape_text(g->arena, y));
}

static bool max_grad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)")) return false;
    n->type = n->in[0]->type;
    return want_pooled(g, n, 1);
}

static bool avg_grad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)")) return false;
    n->type = type_sample(shape_of(3, n->in[0]->type.shape.dim[0], ATTRS(n, PoolAttrs)->extra[0],
                                   ATTRS(n, PoolAttrs)->extra[1]));
    return want_pooled(g, n, 0);
}

#define POOL_ATTRS                                                                                 \
    MEMBER(PoolAttrs, kernel[0], "kernel_h", 1, MAX_DIM, 2),                                       \
        MEMBER(PoolAttrs, kernel[1], "kernel_w", 1, MAX_DIM, 2),                                   \
        MEMBER(PoolAttrs, stride[0], "stride_h", 1, MAX_DIM, 2),                                   \
        MEMBER(PoolAttrs, stride[1], "stride_w", 1, MAX_DIM, 2),                                   \
        MEMBER(PoolAttrs, pad[0], "padding_h", 0, MAX_DIM, 0),                                     \
        MEMBER(PoolAttrs, pad[1], "padding_w", 0, MAX_DIM, 0)
static const AttrSpec attrs[] = {POOL_ATTRS};
static const AttrSpec avg_grad_attrs[] = {POOL_ATTRS,
                                          MEMBER(PoolAttrs, extra[0], "in_h", 1, MAX_DIM, 1),
                                          MEMBER(PoolAttrs, extra[1], "in_w", 1, MAX_DIM, 1)};
static const OpSample samples[] = {{.inputs = "S(3,8,8)"},
                                   {.inputs = "S(16,6,6)", WITH(2, 2, 2, 2, 0, 0)},
                                   {.inputs = "S(5,5,7)", WITH(2, 2, 2, 2, 0, 0)},
                                   {.inputs = "S(17,7,9)", WITH(3, 3, 2, 2, 1, 1)},
                                   {.inputs = "S(32,5,5)", WITH(3, 2, 1, 3, 0, 1)},
                                   {.inputs = "S(6,4,4)", WITH(1, 1, 1, 1, 0, 0)},
                                   {.inputs = "S(2,7,7)", WITH(2, 2, 3, 3, 1, 1)},
                                   {.inputs = "S(4,20,20)", WITH(18, 18, 2, 1, 0, 0)}};
static const OpSample max_grad_samples[] = {
    {.inputs = "S(3,8,8) S(3,4,4)", WITH(2, 2, 2, 2, 0, 0)},
    {.inputs = "S(5,5,7) S(5,2,3)", WITH(2, 2, 2, 2, 0, 0)},
    {.inputs = "S(17,7,9) S(17,4,5)", WITH(3, 3, 2, 2, 1, 1)},
    {.inputs = "S(32,5,5) S(32,3,2)", WITH(3, 2, 1, 3, 0, 1)}};
static const OpSample avg_grad_samples[] = {{.inputs = "S(3,4,4)", WITH(2, 2, 2, 2, 0, 0, 8, 8)},
                                            {.inputs = "S(17,4,5)", WITH(3, 3, 2, 2, 1, 1, 7, 9)},
                                            {.inputs = "S(32,3,2)", WITH(3, 2, 1, 3, 0, 1, 5, 5)}};

const Op op_max_pool2d = {.name = "max_pool2d",
                          .onnx = "MaxPool",
                          .help = "largest of each window",
                          .min_in = 1,
                          .max_in = 1,
                          HAS_ATTRS(PoolAttrs, attrs),
                          .shape = pool_shape,
                          .gradient = max_gradient,
                          .reference = max_value,
                          SAMPLES(samples),
                          .traits = TRAIT_MAPS};
const Op op_avg_pool2d = {.name = "avg_pool2d",
                          .onnx = "AveragePool",
                          .help = "mean of each window",
                          .min_in = 1,
                          .max_in = 1,
                          HAS_ATTRS(PoolAttrs, attrs),
                          .shape = pool_shape,
                          .gradient = avg_gradient,
                          .reference = avg_value,
                          SAMPLES(samples),
                          .traits = TRAIT_MAPS};
const Op op_max_pool2d_grad = {.name = "max_pool2d_grad",
                               .help = "gradient to the winners",
                               .min_in = 2,
                               .max_in = 2,
                               HAS_ATTRS(PoolAttrs, attrs),
                               .shape = max_grad_shape,
                               .reference = max_grad_value,
                               SAMPLES(max_grad_samples),
                               .backward_only = true,
                               .traits = TRAIT_MAPS};
const Op op_avg_pool2d_grad = {.name = "avg_pool2d_grad",
                               .help = "gradient spread over the windows",
                               .min_in = 1,
                               .max_in = 1,
                               HAS_ATTRS(PoolAttrs, avg_grad_attrs),
                               .shape = avg_grad_shape,
                               .reference = avg_grad_value,
                               SAMPLES(avg_grad_samples),
                               .backward_only = true,
                               .traits = TRAIT_MAPS};
