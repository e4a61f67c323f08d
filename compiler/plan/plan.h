/* The plan, between graph and text: kernels in order for each entry point, the buffers that they
 * read and write, and the places of these in memory. Later steps choose registers and loops,
 * nothing else. */
#ifndef NNGEN_PLAN_PLAN_H
#define NNGEN_PLAN_PLAN_H

#include "../base/writer.h"
#include "../graph/op.h"

enum { LANES = 16 }; /* every stored row of channels is padded to this many floats */

static inline int round_up(int n, int to) {
    return (n + to - 1) / to * to;
}

/* How a value lies in memory: places, H x W of them, each a row of C floats that fill lanes. Axis 1
 * of a sample lies in lanes, or the last one: `last`. So element (c, h, w) of an image, or (h, w,
 * c) where the last axis does, is at (h*W + w)*cs + c floats from the sample's start. A vector is C
 * = N, H = W = 1; one that flatten made keeps the geometry of the tensor it came from. */
typedef struct Layout {
    int C, H, W;
    int cs;     /* floats from one place to the next; C rounded up to LANES, or C in a field */
    int stride; /* floats from one sample to the next */
    bool last;
} Layout;

/* Axis 1 in lanes, padded. */
Layout layout_padded(int C, int H, int W);

/* Of a value of that shape, padded, with axis 1 or the last one in lanes. */
Layout layout_of_shape(Shape shape, bool last);
bool layout_equal(Layout a, Layout b);

/* A value of two axes, (T, N), is a sequence: T places of N values, which lie in lanes unless an
 * operand decides otherwise. A linear layer works on each place, as a convolution whose kernel is
 * one place. */
static inline bool is_sequence(const Node *node) {
    return node->type.shape.rank == 2;
}

/* Floats from one element to the next along each axis of a value of that shape; vectors that
 * flatten made have no such steps. */
void layout_steps(Shape shape, Layout layout, int step[MAX_RANK]);

/* C expression for the place of element number `index`, in the order of the shape's axes: floats
 * from the sample's start. */
const char *layout_offset(Arena *arena, Layout layout, const char *index);

typedef enum BufferSpace {
    SPACE_FIELD,    /* the caller's data: [n][count], order (C, H, W), unaligned */
    SPACE_STATE,    /* parameters and what is derived from them */
    SPACE_SAMPLE,   /* activations: [parts][n][stride] in a task's area */
    SPACE_GRADIENT, /* gradients of parameters: a row of the chunk */
    SPACE_SUM,      /* one double a chunk: the sum over its samples that a mean is made of */
    SPACE_PARTIAL,  /* a chunk's part of a tensor of the batch: floats */
    SPACE_BATCH,    /* tensors of the batch, made between stages of the parts of all chunks */
    SPACE_OUTPUT,   /* the caller's memory for a prediction: [n][count], order (C, H, W) */
    SPACE_CACHE,    /* the caller's memory for what the entry `next` keeps: floats, [n][size] */
} BufferSpace;

typedef enum Element { ELEMENT_FLOAT, ELEMENT_BYTE, ELEMENT_INT, ELEMENT_DOUBLE } Element;

typedef struct Buffer Buffer;
struct Buffer {
    const char *name;
    int index; /* in the list of its entry */
    BufferSpace space;
    Element element;
    Layout layout;  /* SPACE_SAMPLE, SPACE_FIELD */
    int64_t size;   /* floats (4-byte units): of one part of one sample, or in all */
    int64_t offset; /* SPACE_SAMPLE: floats per sample before it; STATE, GRADIENT: floats; FIELD,
                       OUTPUT, SUM: index; PARTIAL, BATCH: floats from the chunk's,
                       or the batch's, first; CACHE: floats per sample before it */
    int parts;      /* SPACE_SAMPLE */
    Buffer *whole;  /* SPACE_SAMPLE: it is part `part` of this one and has no place of its own */
    int part;
    int first, last;  /* kernels of the entry that use it; placement */
    const Node *node; /* whose value it holds */
};

/* Whether the buffer has a place of its own among the activations, and how large it is there:
 * floats for each sample. */
bool buffer_placed(const Buffer *buffer);
int64_t buffer_room(const Buffer *buffer);

typedef struct Operand {
    const char *param; /* its name in the kernel's parameter list */
    Buffer *buffer;
    bool written;
    Node *value; /* that it holds, or NULL */
} Operand;

/* A parameter of a kernel that is not memory; `value` is a C expression in the entry function. */
typedef struct Arg {
    const char *type, *name, *value;
    Node *node; /* schedule or scalar that it passes, or NULL */
    int below;  /* of an int: it is 0 or more, and less than this; 0: it may be any */
} Arg;

typedef struct Family Family;
typedef struct Loops Loops;
typedef struct Lowering Lowering;
typedef struct Kernel Kernel;
typedef struct Isa Isa;

struct Kernel {
    const Family *family;
    const char *name; /* C identifier, unique in the file but for the instruction set */
    const char *what; /* a line for the contents table */
    Node *node;       /* the node that decides the family */
    Node **fused;     /* point-wise nodes computed in registers after it, in order */
    int n_fused, cap_fused;
    Node *pool;     /* max_pool2d fused between the fused nodes before and after it, or NULL */
    int pool_after; /* number of fused nodes applied before the pool */
    Node *partner;  /* computed with it: the gradient of a loss, what is kept of a value; or NULL */
    Operand *operands;
    int n_operands, cap_operands;
    Arg *args;
    int n_args, cap_args;
    Layout in, out;     /* of the first sample operand and the result */
    int parts;          /* values that it computes for each sample; its `n` counts them all */
    bool once;          /* its `n` is 1: all samples share what it computes */
    int64_t flops;      /* dense contraction FLOPs per sample */
    bool blocks;        /* embeddings: the table has the form of a linear layer's weight */
    bool adds;          /* gradients of parameters: an earlier kernel of the entry wrote to it */
    int64_t scratch;    /* floats that it needs while it runs, however many samples there are */
    int stage;          /* kernels of stage k+1 need sums over the whole batch that stage k made */
    int index;          /* in the entry */
    const Phase *phase; /* of an update; NULL: the kernel is none */
    int group;          /* of the parameters that the update is of */
};

/* Families that the plan itself asks for, to move values or to use them up; no node chooses them.
 */
typedef enum Role {
    ROLE_NODE,     /* computes nodes that it fits */
    ROLE_PACK,     /* a field into a padded layout: operands `x` and `y`, as of the next four */
    ROLE_MOVE,     /* the same, with its elements moved by a chain of nodes (TRAIT_MOVES) */
    ROLE_UNPACK,   /* a value into the caller's order */
    ROLE_RELAYOUT, /* a value into another layout of the same elements */
    ROLE_STACK,    /* a value into its part of a stack, in the same layout */
    ROLE_ADD,      /* a chunk's part of a tensor to a parameter's gradient: operands `sum`, `d` */
    ROLE_UPDATE,   /* parameters by an optimizer */
    ROLE_COUNT
} Role;

/* A kernel family: one way of computing a group of nodes. */
struct Family {
    const char *name;
    Role role;
    /* Whether the family computes this node. NULL where the role is another. */
    bool (*fits)(const Node *node);
    /* Makes the kernel of the node with its operands, and its value; for a node that joined the
     * kernel of another one, adds what it needs there. See lowering.h. */
    void (*lower)(Lowering *l, Node *node);
    /* Whether point-wise nodes may follow in registers. */
    bool fuses;
    /* Whether a kernel whose first node is `root` can compute `node` too, which is not point-wise:
     * a pool after a convolution, a gradient beside its loss, gates beside states. NULL: it cannot.
     */
    bool (*joins)(const Node *root, const Node *node);
    /* It reads the gradient of the max-pool's output, and the winners, in place of the operand that
     * is a max_pool2d_grad: if all users of that do, it is not computed. */
    bool through_pool;
    /* Builds the body of the C function for the instruction set that the program names: parameters
     * are the kernel's operands, scratch memory, `int n`, the number of values, and its args. */
    void (*build)(Loops *loops, const Kernel *kernel);
    /* Updates: the loop program that computes the factors of a step. */
    void (*build_factors)(Loops *loops, const Kernel *kernel);
    /* Floats of scratch memory: the parameter `float *scratch` of the function. NULL: none. */
    int64_t (*scratch)(const Kernel *kernel);
    /* Other families compute the same nodes too, more slowly. */
    bool shortcut;
    bool winograd; /* left out by --winograd=off: it rounds otherwise than the others */
    /* Its tile on the instruction set and why it is cut so, in words for the comment above the
     * function: lines that end with \n, but for the last. NULL: rows of 16 floats, one by one. */
    const char *(*reason)(Arena *arena, const Kernel *kernel, const Isa *isa);
};

/* ENTRY_NEXT computes predictions at one place of a sequence, of causal models. */
typedef enum EntryKind { ENTRY_TRAIN, ENTRY_EVALUATE, ENTRY_PREDICT, ENTRY_NEXT } EntryKind;

/* A number of the batch that the code of an entry computes in double: schedules before the first
 * stage, others after the stage that makes their sums. */
typedef struct Number {
    const Node *node;
    const char *name; /* of the C variable */
    int stage;        /* -1: known before the step */
    Buffer *sum;      /* for means: the sum to divide by the samples, or NULL */
    int64_t elements; /* the sum is over so many values of each sample */
    const char *text; /* else: its C expression in terms of `call` and `job->numbers` */
} Number;

/* A tensor of the batch that the code of an entry makes of others, or of the parts of all chunks.
 */
typedef struct BatchTensor {
    const Node *node;
    int stage;        /* after which it is made; -1: before the step */
    const char *text; /* a C statement in terms of `job` */
} BatchTensor;

/* Dropout decisions of one use of a layer; draws of a layer that moves elements, or of a random
 * value. */
typedef struct Drop {
    const char *layer;
    uint32_t stream, application, threshold, words;
    double scale;
    bool steady;      /* drawn outside training, too, by stream, application and sample alone */
    const Node *node; /* one that makes these decisions; NULL for its parts but the first, whose
                         decisions are the next in Entry.drops */
} Drop;

/* What the plan decides for a node of an entry's graph before there are kernels. */
typedef struct Value {
    Layout layout;        /* KIND_SAMPLE: of the value in memory */
    Node *storage;        /* KIND_SAMPLE: the node whose memory this one shares, or itself */
    const Family *family; /* that computes it; NULL: none has to */
    int stage;            /* in which it appears; -1: before the step */
    Node *root; /* first node of the kernel that computes it: itself, or what it is fused to */
} Value;

typedef struct Entry {
    EntryKind kind;
    int phase; /* -1 for ENTRY_PREDICT, ENTRY_NEXT */
    const char *name;
    Graph *graph;  /* this entry's own, simplified for it */
    Value *values; /* by node id */
    Kernel **kernels;
    int n_kernels, cap_kernels;
    Buffer **buffers;
    int n_buffers, cap_buffers;
    Number *numbers;
    int n_numbers, cap_numbers;
    BatchTensor *tensors;
    int n_tensors, cap_tensors;
    const char **assignments; /* C statements that end a step: states get their next values */
    int n_assignments, cap_assignments;
    Drop *drops;
    int n_drops, cap_drops;
    int stages;
    int64_t sample_floats;  /* of the activation area, per sample */
    int64_t scratch_floats; /* of a task's scratch memory, which kernels use one after the other */
    int n_sums;
    int64_t partial_floats;  /* of one chunk: parts of tensors of the batch */
    int64_t tensor_floats;   /* of tensors of the batch */
    int64_t gradient_floats; /* of one chunk's gradients */
    int places;              /* ENTRY_NEXT: of the sequence */
    int64_t cache_floats;    /* ENTRY_NEXT: of the cache, per sample */
    const Node *loss;        /* ENTRY_TRAIN, ENTRY_EVALUATE */
} Entry;

/* Floats for each sample of the room where fields of other types than float and int32_t become
 * those: of all fields that the entry reads, and of those before `field` (NULL: of all). */
int64_t entry_field_floats(const Entry *entry, const Buffer *field);

/* The layout of a parameter in the state: as [blocks of 16 outputs][kh][kw][in][16] (a linear layer
 * is a convolution whose kernel is as large as its input), vectors as [out rounded up to 16]. */
typedef struct ParamPlace {
    const Node *node;  /* of the graph as differentiated */
    const Node *layer; /* whose weight it is; of several, one on a sequence, or the first, decides
                          the form. NULL: none */
    Buffer *value;
    int out, in, kh, kw, groups; /* weights as PyTorch has them: [out][in][kh][kw] */
    int block_in;                /* input channels stored for each block: in, more where a block
                                    spans groups */
    bool matrix;
    bool table;       /* of an embedding: its rows have their elements in plain order */
    const char *init; /* "NN_UNIFORM" */
    double a, b;      /* its numbers */
    int zero_row;     /* of the first axis, from 1, that begins at 0; 0: none */
} ParamPlace;

/* How many input channels a block of 16 output channels of a grouped layer needs, the same number
 * for every block. A block that spans groups stores the channels of all of them, zeros where an
 * output does not use one; groups that neither divide 16 nor are multiples of it store all
 * channels. Works in both directions: for input gradients swap `out`, `in`. */
int block_channels(int out, int in, int groups);

typedef struct DerivedKind DerivedKind;
typedef struct Derived Derived;

/* Makes a copy of a weight: body of a function with the parameters `const float *w,
 * float *t, int first, int last` that makes the parts from `first` to before `last` of
 * Derived.blocks. */
struct DerivedKind {
    const char *name;                                    /* "transposed" */
    void (*build)(Loops *loops, const Derived *derived); /* NULL: see Derived.text */
};

/* A copy of a weight in another form, rebuilt when the weight changes. */
struct Derived {
    const DerivedKind *kind;
    const ParamPlace *param;
    Buffer *value;
    const char *name; /* C identifier */
    int block_out;    /* transposed: output channels stored for each block of inputs */
    int blocks;       /* parts that tasks may make at the same time */
    const char *text; /* else a C statement, in terms of `state`, that makes it once, before other
                         copies, when parameters were set */
};

/* A run of the state that a phase trains. */
typedef struct Range {
    int64_t param, gradient, count; /* floats from the start of state, of gradients and moments */
    int group;                      /* whose optimizer updates it */
} Range;

typedef struct PhasePlan {
    Range *ranges;
    int n_ranges, cap_ranges;
    int64_t gradient_floats;
    int64_t *gradient_of; /* per ParamPlace: offset in gradients and moments, -1: not trained */
    int slots;            /* moments of all groups */
    int64_t moments;      /* floats from the start of the state: where they lie */
    const char *const *slot_names;
    Kernel **updates; /* per group, 0 first; NULL where it trains nothing */
    int n_updates;
    int64_t flops_forward, flops_train;
} PhasePlan;

/* Where the state has a normalised field's means and deviations, doubles, and then, for bytes, a
 * table of what each becomes in each channel. */
enum { MAX_TABLES = 4 }; /* channels for which tables stay in the nearest cache; NN_TABLES */
typedef struct FieldNormal {
    int moments;    /* means, and deviations; 0: the field is taken as it is */
    int run;        /* elements side by side that share them */
    bool table;     /* [moments][256] floats */
    int64_t offset; /* floats */
} FieldNormal;

/* One of the phase's updates: every phase has at least one. */
const Kernel *phase_update(const PhasePlan *phase);

int64_t field_normal_floats(const FieldNormal *normal);

typedef struct Plan {
    Arena *arena;
    Graph *graph; /* as differentiated; its text is part of the generated file */
    Entry **entries;
    int n_entries, cap_entries;
    ParamPlace *params;
    int n_params;
    ParamPlace *folded; /* of nodes that are made of parameters by folding */
    int n_folded, cap_folded;
    Derived **derived;
    int n_derived, cap_derived;
    PhasePlan *phases;
    int64_t param_floats;   /* parameters: the front of the state */
    int64_t normal_floats;  /* behind them: means and deviations of fields */
    int64_t moment_offset;  /* floats from the start of the state; phases that take turns have
                               moments  side by side, others in the same place */
    int64_t average_offset; /* of the averages of parameters, which lie as these do; -1: none */
    int64_t state_floats;
    int chunk_min;                  /* samples that a chunk has at least */
    int chunk_max;                  /* chunks that a batch has at most */
    const Family *role[ROLE_COUNT]; /* the families of the other roles than ROLE_NODE */
    const Node **fields;      /* input, label, target nodes in the order of the model's fields */
    const char **field_kinds; /* "NN_INPUT" */
    bool *field_predicts;
    FieldNormal *field_normals; /* by field */
    int n_fields;
} Plan;

/* Floats of a phase's moments and, where an update has several batches, of the sum of their
 * gradients behind these. */
int64_t phase_floats(const Plan *plan, int phase);

enum { MAX_CHUNKS = 64 };

/* Samples that a chunk has at least: enough that adding another gradient costs little beside the
 * work on the samples, 200 * params / flops (200 comes from the ratio of cache bandwidth to
 * multiply-adds of current cores), and enough for full tiles of `places` rows a sample: 24, or 384
 * rows. `params`: floats of gradients; `flops`: of training, per sample; both of all phases. At
 * most 256. */
int chunk_samples(int64_t params, int64_t flops, int64_t places);

/* Chunks that a batch has at most, for gradients of so many floats: 64, or as many as have 256 MiB
 * together, 8 of 32 MiB. Larger ones leave all caches, and adding them costs memory bandwidth: a
 * quarter as many for twice the size, down to one. */
int chunk_limit(int64_t floats);

/* Whether the kernel computes the node, by itself or in registers after its own. */
bool kernel_computes(const Kernel *kernel, const Node *node);

/* The parameter name of the operand that holds `node`, or bug(). */
const char *kernel_param(const Kernel *kernel, const Node *node);

/* The operand of that parameter name; NULL: the kernel has none. */
const Operand *kernel_operand(const Kernel *kernel, const char *param);

/* The name of the argument that the kernel has for `node`, its value or what is drawn, or bug(). */
const char *kernel_argument(const Kernel *kernel, const Node *node);

/* The nodes that the kernel computes in registers after its own, in order: the fused ones, and the
 * pool between them. */
const Node *const *kernel_followers(Arena *arena, const Kernel *kernel, int *count);

/* Fills in chunk_min, by the contraction with the fewest places, and chunk_max. */
void plan_cut(Plan *plan);

/* Chunks of a batch: the largest of 1, 2, 3, 4, 6, 8, 12 ... that both allow. As nn_chunks in
 * generated code. */
int plan_chunks(const Plan *plan, int batch);

/* A C identifier: letters, digits and underscores only. */
const char *identifier(Arena *arena, const char *name);

/* A field, also with its elements moved (TRAIT_MOVES), or a stack of such: packed for the kernels
 * that need it so, when the first asks. */
bool is_field(const Node *node);

/* The field whose elements the node moves, itself or through others; NULL: it is none such. */
Node *moved_field(const Node *node);

/* Adds an entry whose graph is still to be lowered. */
Entry *plan_add_entry(Plan *plan, EntryKind kind, int phase, Graph *graph);

/* The pass `place`: gives every activation its place. Buffers whose lifetimes overlap do not
 * overlap in memory. */
void plan_place(Plan *plan);

/* Text for --emit=plan. */
const char *plan_dump(const Plan *plan);

/* The buffer that holds parameter `name` (ParamPlace index), by the node's name. */
int plan_param(const Plan *plan, const char *name);

#endif
