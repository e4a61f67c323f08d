/* The graph of a model: one node per op, operands before users, so that every pass is a plain loop.
 *
 * Losses, metrics, predictions and gradients of all phases are roots of one graph. Nodes live and
 * die with the graph's arena. */
#ifndef NNGEN_GRAPH_GRAPH_H
#define NNGEN_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../base/diag.h"

enum { MAX_RANK = 4, MAX_DIM = 1 << 24 };
/* Elements that one sample of a value, and one parameter, may have. */
enum { MAX_SAMPLE = MAX_DIM, MAX_PARAM = 1 << 28 };

/* Sizes of a tensor without the batch: (), (N), (C, H, W); weights (out, in) and (out, in, kh, kw).
 */
typedef struct Shape {
    int rank;
    int dim[MAX_RANK];
} Shape;

/* How often a value exists. */
typedef enum Kind {
    KIND_ERROR,    /* of a node whose error is reported: its users report nothing */
    KIND_SCHEDULE, /* one double a step, known before the step starts */
    KIND_PARAM,  /* one tensor for the whole batch: a parameter or its gradient, a state or its next
                    value, sums over samples */
    KIND_SAMPLE, /* one tensor a sample; the batch axis is implied */
    KIND_SCALAR, /* one number for the batch: a loss and what is computed from losses */
    KIND_SPLIT,  /* one number for all samples of a split, for metrics alone: means and what is
                    computed from them after the last batch */
} Kind;

/* Whether a value is one number, computed in double outside kernels. */
static inline bool kind_is_number(Kind kind) {
    return kind == KIND_SCHEDULE || kind == KIND_SCALAR || kind == KIND_SPLIT;
}

typedef struct Type {
    Kind kind;
    Shape shape; /* rank 0 for numbers */
    int classes; /* > 0: an integer class index in 0 .. classes-1; 0: a real value */
    int parts; /* KIND_SAMPLE: values for each sample, [part][sample]; 1 unless made from a stack */
    bool once; /* KIND_SAMPLE: one value that all samples share, computed of parameters alone */
} Type;

typedef struct Op Op;
typedef struct Node Node;

/* Attributes of an op: a struct of compiler/ops/ops.h and, to catch mistakes, its name. */
typedef struct Attrs {
    const char *type; /* NULL: the op has none */
    void *values;
} Attrs;

/* Attributes for graph_add. `ATTRS_AT(ConvAttrs, &attrs)` passes a struct. `ATTRS_WITH(SliceAttrs,
 * .axis = 1, .count = 3, .step = 1)` passes a struct with these members; the others are 0. */
#define ATTRS_AT(T, pointer) (&(Attrs){#T, (void *)(const T *){pointer}})
#define ATTRS_WITH(T, ...) ATTRS_AT(T, (&(T){__VA_ARGS__}))

struct Node {
    int id; /* index in Graph.nodes; operands have smaller ids */
    const Op *op;
    int n_in;
    Node **in;
    Attrs attrs;            /* the node's own; read by ATTRS (op.h) */
    const double *elements; /* of a constant tensor */
    const char *name;       /* field of input, label, target; parameter; layer, or NULL */
    Loc loc;                /* where the user wrote it */
    Type type;
};

typedef struct Named {
    const char *name;
    Node *node;
    int member; /* a metric that is the loss of the phase's member of this number, from 1; of phases
                   without such a member it is that of the first phase that has one; 0: none */
} Named;

/* Numbers of a field that belong to each channel (axis 1 of (C, H, W)) or column (the last axis of
 * other shapes). */
typedef struct PerChannel {
    bool measured; /* on the training split */
    int n;         /* else so many values: one for all channels, or one for each; 0: none */
    const double *values;
} PerChannel;

/* Where a field's elements come from, and what they become: float((x * scale - mean) / deviation).
 */
typedef struct FieldData {
    const char *name;
    bool normalised;
    bool bytes; /* only elements that are bytes are normalised: z = float(x / 255), then with one
                   mean and one deviation of all such fields */
    double scale;
    PerChannel mean, deviation;
    const char *const *classes; /* of a label: the names, or NULL */
    int n_classes;
    bool ignores; /* a label whose data may hold `ignored`, which is no class */
    int ignored;
    const char *array; /* in the data; NULL: of the field's name */
    /* windows > 0: the array is one sequence; sample i begins at place i * windows + offset. */
    int windows, offset;
} FieldData;

/* A further name of a parameter: that of the weight of a layer which has no own one. */
typedef struct Tie {
    const char *name, *param;
} Tie;

/* A row of a parameter's first axis, counted from 1, that begins at 0. */
typedef struct ZeroRow {
    const char *param;
    int row;
} ZeroRow;

enum { MAX_OPTIMIZER_OPTIONS = 8 };

/* How a phase updates its parameters: see optimizer.h. */
typedef struct OptimizerKind OptimizerKind;
typedef struct Optimizer {
    const OptimizerKind *kind;
    Node *lr;                             /* KIND_SCHEDULE */
    double option[MAX_OPTIMIZER_OPTIONS]; /* in the order of the kind's table */
} Optimizer;

/* A parameter that a phase trains, and the gradient of the phase's loss in it. Before
 * differentiation a phase lists the parameters of its groups alone. */
typedef struct Trained {
    Node *param;
    Node *gradient; /* NULL before differentiation */
    int group;      /* from 1; 0: none */
} Trained;

/* A state that a phase's steps assign, and its next value. */
typedef struct Assigned {
    Node *state, *value;
} Assigned;

typedef struct Phase {
    Loc loc;
    int epochs, batch; /* epochs 0: the phase counts steps */
    int steps;
    int eval_every;   /* epochs or steps between evaluations; 0: one is after each epoch */
    int eval_samples; /* of each split in evaluations during training; 0: all */
    bool drop_last;   /* the smaller batch at the end of an epoch is left out */
    bool shuffle;
    bool keep_best;      /* the weights of the best evaluation are kept, not the last ones */
    const char *monitor; /* column of the log that evaluations are judged by; NULL: val_loss */
    Loc monitor_loc;
    int patience; /* evaluations without a gain that end the phase; 0: none do */
    double min_delta;
    Node *loss; /* KIND_SCALAR */
    Optimizer optimizer;
    Optimizer *groups; /* of the same kind, of groups of parameters */
    int n_groups;
    double clip_norm, clip_value; /* bounds of the gradient; 0: none */
    int accumulate;               /* batches of an update; 0: one */
    double ema;    /* share of the averages of weights that a step leaves; 0: there are none */
    Node **frozen; /* parameters */
    int n_frozen;
    Trained *trained; /* in the order of the parameters' ids; filled by differentiation */
    int n_trained;
    Assigned *assigned; /* in the order of the states' ids; filled by differentiation */
    int n_assigned;
    /* Phases that take turns (nn.alternate) lie side by side and have the same lengths. */
    int members; /* how many they are; 0: the phase is none of such */
    int member;  /* which of them it is, from 0 */
    int turn;    /* updates before the next one's turn */
} Phase;

enum { MAX_MEMBERS = 16 }; /* NN_MAX_MEMBERS */

/* The phases that take turns with this one, itself included. */
static inline int phase_members(const Phase *p) {
    return p->members ? p->members : 1;
}

/* The optimizer of a group, or, of 0, that of all other parameters. */
static inline const Optimizer *phase_optimizer(const Phase *p, int group) {
    return group ? &p->groups[group - 1] : &p->optimizer;
}

typedef struct Graph {
    Arena *arena;
    Diag *diag;
    const char *name; /* of the model */
    const char *data; /* data set, or NULL for any that has the fields */
    Node **nodes;
    int n_nodes, cap_nodes;
    FieldData *fields; /* one for each field whose options the architecture states */
    int n_fields, cap_fields;
    Tie *ties;
    int n_ties, cap_ties;
    ZeroRow *zero_rows;
    int n_zero_rows, cap_zero_rows;
    Phase *phases;
    int n_phases;
    Named *metrics; /* KIND_SPLIT or KIND_SCALAR; sorted by name */
    int n_metrics;
    Named *predictions; /* KIND_SAMPLE; sorted by name */
    int n_predictions;
} Graph;

/* An empty graph in `arena` that reports to `diag`. */
Graph *graph_new(Arena *arena, Diag *diag);

/* Appends a node. `in` and `attrs` are copied; `attrs` NULL: all presets; `name` and `loc.file`
 * must live as long as the graph. Checks the number of operands, ranges and kinds, then the op's
 * shape rule, then the size of the result: a mistake is reported at `loc` and the node gets
 * KIND_ERROR. Operands of KIND_ERROR make a node of KIND_ERROR without a further report. Never
 * NULL. */
Node *graph_add(Graph *graph, const Op *op, Loc loc, const char *name, int n_in, Node *const *in,
                const Attrs *attrs);

/* Sets the type that op, operands and attributes give: the op's shape rule, then parts. Reports and
 * returns false if they do not fit. */
bool graph_type(Graph *graph, Node *node);

/* A node of KIND_ERROR, to go on with after a reported mistake. */
Node *graph_error_node(Graph *graph, Loc loc);

/* Lets a row of the parameter begin at 0; gives the parameter a further name. */
void graph_zero_row(Graph *graph, const char *param, int row);
void graph_tie(Graph *graph, const char *name, const char *param);

/* What is said of the field of that name; NULL: nothing. */
FieldData *graph_field(const Graph *graph, const char *name);

/* Means, and deviations, of a normalised field: one for each channel or column of the shape, or one
 * in all; `run` elements that lie side by side share them. */
int field_moments(const FieldData *field, Shape shape, int *run);

/* The number of a phase, from 0. All members of an nn.alternate have the same number. */
int graph_phase_number(const Graph *graph, int phase);

/* What metric m is in a phase. */
Node *graph_metric(const Graph *graph, int m, int phase);

/* All nodes of the op called `op_name`, in order of id; their number goes to `*count`. */
Node **graph_nodes_of(const Graph *graph, const char *op_name, int *count);

/* The tensors of the state that have names, parameters and states, in order of id. */
Node **graph_tensors(const Graph *graph, int *count);

/* Elements of one sample (or of the parameter); INT64_MAX where there are more. */
int64_t shape_count(Shape shape);
/* Its last `axes` axes; it has as many. */
Shape shape_last(Shape shape, int axes);
/* The same axes, followed by zeros, as attributes state a shape. */
Shape shape_stated(Shape shape);
/* Elements in one place of an axis, from 0: those of the axes after it. */
int64_t shape_inner(Shape shape, int axis);
bool shape_equal(Shape a, Shape b);
/* "(1, 14, 14)", "()" for rank 0; lives in `arena`. */
const char *shape_text(Arena *arena, Shape shape);

/* Calls `visit` for the address of every root: losses, learning rates, frozen and trained
 * parameters, gradients, assigned states, metrics, predictions. Passes use it to mark and to
 * replace. */
void graph_each_root(Graph *graph, void (*visit)(void *context, Node **root), void *context);

/* Replaces nodes: `replacement[id]`, where not NULL, stands in for the node of that id in all
 * operands and roots (chains are followed), then drops the nodes that no root reaches and numbers
 * the rest anew, operands first. Inputs of `replacement` may have any id. Keeps parameters that a
 * phase freezes and fields only where reached. */
void graph_rewrite(Graph *graph, Node **replacement);

/* Checks every invariant of the graph; bug() names the first that fails:
 * 1 operands precede users and are as many as the op takes; 2 ids count up; 3 attributes are in
 * range; 4 the stored type is what graph_type gives; 5 roots are nodes of the graph, have
 * the kinds and the order that graph.h states; 6 no KIND_ERROR; 7 gradients have their parameter's
 * shape; 8 no parameter is both trained and frozen; 9 groups have the phase's kind of optimizer;
 * 10 phases that take turns lie side by side. */
void graph_verify(Graph *graph);

/* Text of the graph: a line a node, then phases, metrics, predictions. graph_parse reads it back.
 */
const char *graph_dump(Arena *arena, const Graph *graph);

/* The same, and for each node where in the source it was made. */
const char *graph_dump_placed(Arena *arena, const Graph *graph);

/* The graph of a text made by either. A malformed text is bug(). */
Graph *graph_parse(Arena *arena, Diag *diag, const char *text);

/* The same of the text's lines without their ends, as a generated file has them; NULL behind the
 * last. */
Graph *graph_parse_lines(Arena *arena, Diag *diag, const char *const *lines);

#endif
