/* What an op is: one constant table entry, written in one file of compiler/ops.
 *
 * There is no enum of ops and no switch over them: a pass that wants to know about an op asks its
 * table entry, or compares `node->op` with the address of one (`&op_relu`). */
#ifndef NNGEN_GRAPH_OP_H
#define NNGEN_GRAPH_OP_H

#include "graph.h"

/* Whether an element-wise op gives zero where its samples are zero, so that padding stays clean. */
typedef enum Zeros {
    ZEROS_LOST,
    ZEROS_OF_SAMPLES, /* kept if all operands are samples: x + y, not x + 1 */
    ZEROS_KEPT,
} Zeros;

/* What passes ask of an op. */
typedef enum Trait {
    TRAIT_FIELD = 1,           /* a value that the data set gives */
    TRAIT_RENAMES = 2,         /* its operand's elements in their order, under another shape */
    TRAIT_MAPS = 4,            /* works sample by sample, without sums over them */
    TRAIT_CONTRACTION = 8,     /* sums of products with a parameter, sample by sample */
    TRAIT_PARAM_GRADIENT = 16, /* the gradient of a parameter: a sum over samples */
    TRAIT_RANDOM = 32,         /* decided by counters: dropout, and its gradient */
    TRAIT_LOSS = 64,           /* a mean over the batch, or the split, of values per sample */
    TRAIT_LOSS_GRADIENT = 128, /* of a loss in one of its operands */
    TRAIT_ACTIVATION_GRADIENT = 256, /* of the activation's value and its gradient */
    TRAIT_ACCESS = 512,              /* stack and part: share memory with their operands */
    TRAIT_LAST_AXIS = 1024,          /* works along the last axis, which lies in lanes */
    TRAIT_COMPARISON = 2048,         /* 1 or 0 of two values, labels or numbers */
    TRAIT_KEEPS_LANES = 4096,        /* the axis in lanes, or the next one where that is gone, lies
                                        in lanes as in the first operand */
    TRAIT_COPIES = 8192, /* puts elements in other places: joins, slices, borders, turns */
    TRAIT_MOVES = 16384, /* moves elements by counters: flips, crops, erased squares, in training */
    TRAIT_KEPT = 32768,  /* computed by an operand's kernel on the way to the operand's value */
    TRAIT_BATCH_SUM = 65536, /* one tensor of the batch, made of sums over its samples */
    TRAIT_CHANNELS = 131072, /* element by element, with axis 1 in lanes, whose elements have
                                coefficients */
    TRAIT_DRAWN = 262144,    /* a value that is drawn itself, not only in training */
    TRAIT_MAY_DROP = 524288, /* decides by counters where its attribute p is above 0: attention */
    TRAIT_NEXT = 1048576,    /* of the entry `next` alone: depends on the call's place, on earlier
                                calls; has no reference and no samples */
} Trait;

/* The C type of an attribute: double, int, bool, uint32_t; ATTR_WORD is an int, too. */
typedef enum AttrType { ATTR_REAL, ATTR_INT, ATTR_BOOL, ATTR_BITS, ATTR_WORD } AttrType;

/* One attribute of an op: a member of the struct that the op names in `attrs_type`. Everything that
 * goes through all attributes (presets, texts, comparisons, options of layers) reads this. */
typedef struct AttrSpec {
    const char *name;
    AttrType type;
    double low, high;         /* both allowed */
    double preset;            /* the default */
    const char *const *words; /* ATTR_WORD: what users write for 0, 1, ...; NULL-terminated */
    size_t offset;            /* in the struct */
} AttrSpec;

/* clang-format off */
#define MEMBER_TYPE(T, member) \
    _Generic(((T *)0)->member, \
        double: ATTR_REAL, int: ATTR_INT, bool: ATTR_BOOL, uint32_t: ATTR_BITS)
/* clang-format on */
/* The spec of a member of the struct T; its type is that of the member. */
#define MEMBER(T, member, name, low, high, preset)                                                 \
    { name, MEMBER_TYPE(T, member), low, high, preset, NULL, offsetof(T, member) }
/* Of an int that stands for one of some words, the last of which has the number `high`. */
#define MEMBER_OF_WORDS(T, member, name, high, preset, words)                                      \
    { name, ATTR_WORD, 0, high, preset, words, offsetof(T, member) }

/* What a reference rule may know of the step it computes. */
typedef struct Env {
    int batch;
    bool dropout;         /* false: dropout is the identity */
    bool evaluates;       /* `tracked` gives running statistics, not those of the batch */
    uint64_t seed;        /* of the dropout masks */
    int64_t first_sample; /* index in the epoch of the batch's first sample */
    double epoch, epochs, step, steps;
    /* Distance of decisions from a tie, where rounding could turn them. Rules lower margin[sample]
     * to the least distance of any decision (the sign of a ReLU's input, the winner of a window or
     * of an argmax, a comparison of reals), relative to the tensor's largest magnitude. Exact ties
     * decide the same everywhere and do not count. NULL: not asked for. */
    double *margin;
    double stop; /* the run ends, unfinished, when margin[0] is less */
    /* Decisions within `turn` of a tie are taken the other way, to measure their effect on a
     * result: at even places if `turned` has bit 1, at odd ones if it has bit 2. */
    double turn;
    int turned;
    /* 0: exact. Else the value of every node is multiplied by this, rounded to float and divided
     * again, to measure the effect of rounding on a result; another factor gives other roundings.
     * Sums over samples and places are rounded after each term. */
    double rounding;
} Env;

/* Builds gradients: see Op.gradient. */
typedef struct Gradient {
    Graph *graph;
    const Node *node;   /* whose operands are to get gradients */
    Node *out;          /* the same node, to be used as an operand */
    Node *dy;           /* gradient of the loss in the node's value */
    const bool *wanted; /* per operand */
    Node **dx;          /* per operand: to be set where wanted; NULL = no gradient flows */
} Gradient;

/* A case for the tests that every op gets for free. */
enum { MAX_ATTRS = 12 };

typedef struct OpSample {
    /* Types in words: "S(3,8,8) P(5,3,3,3) P(5)". S sample, S()*2 of two parts, C(3) one shared by
     * all samples, P parameter, L10 label of ten classes, L10(7) of that shape, X() scalar of the
     * batch, O() number of the split, E() schedule; "" for ops without operands. */
    const char *inputs;
    double attr[MAX_ATTRS]; /* in the order of the op's table */
    bool has_attr;          /* false: all defaults */
} OpSample;

struct Op {
    const char *name;
    const char *help; /* one line: value and shapes */
    const char
        *onnx; /* ONNX's operator that does the same, attributes apart; NULL: there is none */
    int min_in, max_in;    /* max_in -1: any number */
    const AttrSpec *attrs; /* in the order that texts have them; see HAS_ATTRS */
    int n_attrs;
    const char *attrs_type; /* the name of their struct, and its size */
    size_t attrs_size;
    const char *attr_help[1]; /* layers: one line for each attribute */
    /* Sets node->type from operands and attributes; on a mistake of the user reports it with
     * op_error and returns false. Kinds and counts of operands are the rule's to check, too. */
    bool (*shape)(Graph *graph, Node *node);
    /* Builds gradients of the wanted operands. NULL: none flows (argmax), an error of the user if
     * a loss needs it. */
    void (*gradient)(Gradient *g);
    /* The value in double precision, written as naively as possible. `in[i]` and `out` are arrays
     * [batch][elements] for KIND_SAMPLE, [elements] else, in PyTorch's order (C, H, W); class
     * indices are doubles with whole values. Parts make a larger batch: env->batch counts the
     * values that the node works on. */
    void (*reference)(const Env *env, const Node *node, const double *const *in, double *out);
    /* What place i of axis `axis` of the value needs of operand `operand`: place i of the axis that
     * this returns, or ALONG_WHOLE: all of it, ALONG_SHAPE: its shape alone, or ALONG_ALL: no place
     * is by itself. NULL: of element-wise ops the same axis; of others ALONG_ALL. See op_along. */
    int (*along)(const Node *node, int operand, int axis);
    /* Multiply-adds of a contraction times two, per sample; NULL: none. */
    int64_t (*flops)(const Node *node);
    const OpSample *samples;
    int n_samples;
    bool backward_only; /* made by passes, not by users */
    bool layer;         /* nn.<name> is a layer without parameters; attributes are its options */
    bool function;      /* nn.<name> is a function: of the operands; of a table of them where their
                           number is free. It is a value where the op has no operands */
    bool chains;        /* nn.<name>(a, b, c) is that of the first two and c, and so on */
    unsigned
        stops; /* operands through which no gradient flows, a bit each; a loss may depend on them */
    unsigned neutral_in; /* operands that change nothing where they are the number `neutral`, a bit
                            each: 0 of x + 0, 1 of x / 1 */
    double neutral;
    bool positive;  /* has a finite value for positive operands alone */
    bool restacks;  /* its shape rule sets type.parts; others pass on their operands' parts */
    bool respreads; /* its shape rule sets type.once; others pass on their operands' */
    unsigned traits;
    /* Element-wise ops: the value in words of the vocabulary (compiler/loops/words.def), on rows of
     * 16 floats. %a, %b, %x: the operands; %p, %q: the first two attributes; %w: the word of the
     * first, in capitals; %d, %s, %e, %c: decisions, sample, element and channel of the row, for
     * dropout. Products are ROUNDED, so that no compiler can contract them with a later addition.
     * The result's places are those of the operands. */
    const char *row;
    /* %0, %1, ...: rows of coefficients for each channel, `n_coefficients` of them, which the
     * function `coefficients` of the prelude makes of the operands that are no samples. */
    const char *coefficients;
    int n_coefficients;
    Zeros zeros;
    bool monotone; /* rows: grows with its operand, so it may follow a max-pool instead */
    /* Numbers: the value in double, a C expression with %s for each operand. */
    const char *number;
    const char *kernel; /* end of its kernel's name; NULL: the op's name */
    bool constant;      /* value known to the last bit without fields and parameters */
    int lost_bits; /* of a float, by the errors of approximated functions: 2 for 4 half units */
    double bound;  /* allowed error of compiled code, relative to the largest value; 0: 1e-5 */
};

/* Fills the members of the table entry: the attributes in `list` are members of the struct T. */
#define HAS_ATTRS(T, list)                                                                         \
    .attrs = (list), .n_attrs = (int)(sizeof(list) / sizeof *(list)), .attrs_type = #T,            \
    .attrs_size = sizeof(T)

static inline bool op_is(const Op *op, Trait trait) {
    return (op->traits & trait) != 0;
}

/* Whether a node of the op, with these attributes (NULL: all presets), decides by counters in
 * training, and takes its operands as they are elsewhere: dropout, attention with dropout,
 * augmentation. */
bool op_draws_in_training(const Op *op, const Attrs *attrs);

/* Whether the node is computed element by element from real samples and numbers. */
static inline bool is_pointwise(const Node *node) {
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i]->type.classes) return false;
    return node->type.kind == KIND_SAMPLE && node->op->row;
}

/* Op.along, or what stands for it. Parameters and numbers are needed whole. */
enum { ALONG_WHOLE = -1, ALONG_ALL = -2, ALONG_SHAPE = -3 };
int op_along(const Node *node, int operand, int axis);

/* All ops (the list is compiler/ops/ops.def); NULL-terminated. */
extern const Op *const all_ops[];

/* The op of that name, or NULL. */
const Op *op_by_name(const char *name);

/* The attributes of a node of an op that has the struct T: `ATTRS(node, ConvAttrs)->groups`. bug()
 * if the op has another one. */
#define ATTRS(node, T) ((const T *)node_attrs((node), #T))
void node_check_attrs(const Node *node, const char *type);
static inline const void *node_attrs(const Node *node, const char *type) {
    if (node->op->attrs_type != type) node_check_attrs(node, type);
    return node->attrs.values;
}

/* Index of the attribute of that name; bug() if the op has none such. */
int op_attr_index(const Op *op, const char *name);

/* Attribute number `i` of the op in a struct of its type. A value that the member cannot hold, such
 * as 1.5 in an int, is bug(). */
double attr_get(const Op *op, int i, const void *values);
void attr_set(const Op *op, int i, void *values, double value);

/* All presets; a copy of given attributes (NULL: of the presets), of which members that are none of
 * the op's are 0. They live in `arena`. */
Attrs attrs_new(Arena *arena, const Op *op);
Attrs attrs_copy(Arena *arena, const Op *op, const Attrs *attrs);

/* Whether they are of one struct, and all attributes of the op are equal, to the last bit. */
bool attrs_equal(const Op *op, const Attrs *a, const Attrs *b);

/* Value of an attribute by name; bug() if the op has none such. */
double node_attr(const Node *node, const char *name);
int node_int(const Node *node, const char *name);
/* Sets it in the node's own attributes. */
void node_set(Node *node, const char *name, double value);

/* Whether its op has that name: for files that do not know the ops themselves. */
bool node_is(const Node *node, const char *op_name);
/* Whether it is a tensor of the state that has a name: a parameter or a state. */
bool node_is_tensor(const Node *node);

/* `conv2d "conv2"`, or `relu` for a node without a layer name; lives in the graph's arena. */
const char *node_words(Graph *graph, const Node *node);

/* Reports `<op> "<layer>": <words>` at the node's place. Operand `operand` (-1: none) is described
 * at the end: `..., got (84), the output of linear "fc2" (line 9)`. Returns false, for shape rules.
 */
bool op_error(Graph *graph, const Node *node, int operand, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* bug() that begins with the node, its layer and its line in the user's file. */
_Noreturn void node_bug(const Node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Values for each sample of the batch that the node computes, or sums for a parameter's gradient.
 */
int node_parts(const Node *node);

/* Whether it is computed of values that all samples share, to one more such value or a parameter's
 * gradient: once, not for each sample. */
bool node_once(const Node *node);

/* Values that the node has for a batch of that many samples. */
int64_t node_values(const Node *node, int batch);

/* Sum of squares and the like: elements of one value of the node (one sample, or the parameter). */
int64_t node_count(const Node *node);

#endif
