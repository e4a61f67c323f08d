/* Shared by the files of the front end; private to compiler/lua. */
#ifndef NNGEN_LUA_FRONT_H
#define NNGEN_LUA_FRONT_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <time.h>

#include "../ops/ops.h"
#include "frontend.h"

enum {
    CPU_SECONDS = 4,       /* processor time of a file */
    MAX_NAME = 64,         /* characters */
    MAX_FILE = 1 << 20,    /* bytes of one source file */
    MAX_GRAPH = 20000,     /* nodes that a file may make */
    MAX_OPERANDS = 100000, /* and the operands of all of them */
    MAX_LAYERS = 2000,     /* named layers */
    MAX_CALLS = 200000,    /* of the vocabulary's words */
    MAX_WEIGHTS = 1 << 28, /* parameters, all together */
    MAX_MISTAKES = 20      /* reported in one run */
};

typedef struct Front {
    Arena *arena;
    Diag *diag;
    Graph *graph;
    Sources *sources;
    const char *path, *folder;
    const Define *defines;
    int n_defines;
    bool *define_used;
    const char **param_names; /* asked for with nn.param */
    int n_param_names, cap_param_names;
    const char **files;  /* the files of `sources` as the user named them */
    const char **chunks; /* and as Lua knows them */
    int n_files, cap_files, cap_chunks;
    const char **layers; /* names in use */
    Loc *layer_locs;
    int n_layers, cap_layers, cap_layer_locs;
    const struct LayerKind *layer_kinds;
    struct DefaultInit *defaults; /* of nn.defaults, for each file that has one */
    int n_defaults, cap_defaults;
    int n_layer_kinds;
    int *unnamed;       /* counters of unnamed layers, by kind */
    int attentions;     /* and of unnamed calls of attention, */
    int random[2];      /* nn.randn and nn.rand */
    struct Word *words; /* of `nn`, as editors see them */
    int n_words, cap_words;
    bool has_model;
    Loc model_loc, error_loc; /* error_loc: where the error that Lua reports was raised */
    bool exhausted;           /* a limit is hit: every further instruction fails */
    long instructions, calls;
    clock_t start; /* processor time when the file began to run */
    size_t memory;
    long operands;  /* of all nodes */
    double weights; /* elements of all parameters */
    int printed;
    bool predicts; /* a model without training will do */
} Front;

/* front.c: the run and its limits. */

/* The front end that a state belongs to. */
Front *front_of(lua_State *L);

/* Place in the user's file from where the running C function was called. */
Loc front_here(lua_State *L);

/* Reports that a limit is hit and ends the run: from now on every instruction fails. */
int front_stop(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Raises a Lua error whose words are reported already. */
int front_raise(lua_State *L);

/* Stops the run after MILLION_INSTRUCTIONS, CPU_SECONDS or too many mistakes. */
void front_limit_instructions(lua_State *L);

/* Stops when there are too many mistakes. */
void front_check_mistakes(lua_State *L);

/* Counts a call of a word that makes no node, and stops when there are too many: each call may
 * leave a little in the arena, even if its mistake is known already. */
void front_count_call(lua_State *L);

/* As graph_add, within the limits of the graph and of its tensors' sizes. */
Node *front_add_node(lua_State *L, const Op *op, Loc loc, const char *name, int n_in,
                     Node *const *in, const Attrs *attrs);

/* Poison: a node of KIND_ERROR that stands for the value of a mistake already reported. It can be
 * called, indexed and used as any other value is, and stays poison, so that evaluation goes on. */
Node *front_poison(lua_State *L);

/* sandbox.c: a new sandboxed state, NULL when memory is exhausted; and its end. */
lua_State *sandbox_new(Front *front);
void sandbox_close(lua_State *L);

/* files.c: loads and runs a file; leaves its one value on the stack. Returns false after a report.
 */
bool files_run(lua_State *L, const char *path, Loc from);
/* Adds `require` to the globals. */
void files_open_require(lua_State *L);

/* library.c: adds the allowed part of Lua's libraries to the globals. */
void library_open(lua_State *L);

/* table.c: Lua's table.sort, which takes the same steps on every machine. */
int table_sort(lua_State *L);
/* Pushes the list of the keys of the table at `index` in order: numbers, then strings, sorted.
 * Keys of other types are the user's mistake: returns false, and nothing is pushed. */
bool table_push_keys(lua_State *L, int index);
/* Whether the table at `index` has no keys but 1, 2, ...; reports if not. */
bool table_check_list(lua_State *L, int index, Loc loc, const char *what);
/* The shape that a table at `index` of `least` to MAX_RANK whole sizes is; false if it is none. */
bool table_read_shape(lua_State *L, int index, int least, Shape *shape);

/* Puts the vocabulary `nn` on the stack. */
void vocabulary_push(lua_State *L);
/* Its parts: each adds its words to the table on top of the stack. */
void fields_register(lua_State *L);
void construct_register(lua_State *L);
void init_register(lua_State *L);
void optimizer_register(lua_State *L);
void model_register(lua_State *L);
void node_register(lua_State *L);

/* value.c: names of the metatables. */
extern const char value_node_meta[], value_layer_meta[], value_init_meta[], value_optimizer_meta[],
    value_model_meta[], value_turns_meta[];

/* Nodes as Lua values. */
void value_push_node(lua_State *L, Node *node);
Node *value_node(lua_State *L, int index); /* NULL if the value is no node */
Node *value_number(lua_State *L, double value);
/* A node, or a number as a node; reports and gives a poison node for anything else. `what` names
 * the argument. */
Node *value_check_node(lua_State *L, int index, const char *what);
int value_push_poison(lua_State *L); /* returns 1, for C functions */
/* Reports what nn.<what>, a function that is no op itself, wants in place of x. Returns false. */
bool value_mistake(lua_State *L, const char *what, Node *x, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool value_is_poison(lua_State *L, int index);
/* The node, or the mean over the batch that is meant where a number of the batch is wanted and the
 * node has one real value per sample. */
Node *value_of_batch(lua_State *L, Node *node);

/* "a node", "the string \"abc\"", "nothing" ... */
const char *value_words(lua_State *L, int index);
/* A number as a file would write it: 0/0 and 1/0 where it is not finite. */
const char *value_number_words(Arena *arena, double value);
/* The same, without "the number", of a value of any type. */
const char *value_plain_words(lua_State *L, int index);

/* name.c: whether a name is allowed: letters, digits, _ and -, at most 64; reports if not. */
bool name_check(lua_State *L, Loc loc, const char *what, const char *name);
/* The same for layers and parameters, whose names may be paths such as layer1.0.conv1. */
bool name_check_path(lua_State *L, Loc loc, const char *what, const char *name);
/* The string at `index` as a name, or such a path, that lives in the arena; NULL if it is not
 * allowed. */
const char *name_at(lua_State *L, int index, Loc loc, const char *what, bool path);
/* Takes a name for a layer or a parameter. No two may have the same one, as weights of
 * layers would share it: false then, after a report about two `what`. */
bool name_claim(lua_State *L, const char *name, Loc loc, const char *what);
/* The tensor that files have under that name, a tied one, too; NULL: there is none. */
const Node *name_tensor(lua_State *L, const char *name);
/* The same for a layer, or a function that has a name, with the user's in `*name`; NULL: it becomes
 * the kind and the next number. */
bool name_layer(lua_State *L, const char *kind, int *number, const char **name, Loc loc);

/* pytorch.c: whether two words differ only as libraries differ: in case, underscores, or a `loss`
 * at the end. */
bool pytorch_same_word(const char *a, const char *b);
/* nngen's name of a function, or of an option, that other libraries call `word`; NULL, or `word`,
 * if they have no other name for it. */
const char *pytorch_word(const char *word);
const char *pytorch_option(const char *word);
/* Whether PyTorch has a function, or an option, that nngen has not yet. */
bool pytorch_only_word(const char *word);
bool pytorch_only_option(const char *word);

/* pattern.c: names of parameters or layers, with * and ?, that an option called `what` lists. */
typedef struct Patterns {
    const char *what;
    Loc loc;
    const char **list;
    int n;
} Patterns;
bool pattern_matches(const char *pattern, const char *name);
/* Those at `index`: a string or a list of some; reports anything else. */
Patterns pattern_read(lua_State *L, int index, Loc loc, const char *what);
/* Which of the n parameters they match; reports each that matches none. */
bool *pattern_match(Front *f, const Patterns *patterns, Node *const *params, int n);

/* optimizer.c: an optimizer as a Lua value. The parameters of groups are not known yet when it is
 * made. */
typedef struct OptimizerValue {
    Optimizer rest;    /* of the parameters of no group */
    Optimizer *groups; /* the first whose patterns match a parameter counts */
    Patterns *members; /* of each */
    int n_groups;
} OptimizerValue;

/* init.c: initialisers. Constant, uniform or normal with the numbers for a tensor of these fans. */
typedef struct Init {
    int kind; /* index in init.c's table; -1: PyTorch's default */
    double a, b;
    int rest; /* of dirac: the kind that a and b belong to */
} Init;
/* Reports an initialiser that a parameter of the shape cannot have. */
bool init_fits(lua_State *L, const Init *init, Loc loc, const char *what, Shape shape);
Init *init_at(lua_State *L, int index);
Init init_constant(double value);
Init init_xavier(void);
Init init_normal(double mean, double deviation);
/* A parameter that begins by it. */
Node *init_param(lua_State *L, Loc loc, const char *name, Shape shape, const Init *init,
                 double fan_in, double fan_out);

/* place.c: a place in the text of a table that the user wrote; `at` NULL: not known. */
typedef struct Place {
    const char *file, *at;
    int line;
} Place;
/* The inside of the braces of `what { ... }` on the line of `call`, in which `key = ` is found. */
Place place_of_call(Front *f, Loc call, const char *what, const char *key);
/* The value of `key = ` in a table, the inside of a value that is a table, and of the table that is
 * item `i` (from 0) of a list. */
Place place_of_key(Place table, const char *key);
Place place_inside(Place value);
Place place_of_item(Place table, int i);

/* monitor.c: the name of a column at `index` (0: none is given), NULL after a report; and, when the
 * metrics are known, a report of each that is no column. */
const char *monitor_read(lua_State *L, int index, Loc loc);
void monitor_check_all(Front *f);

/* options.c: a table's fields, checked against a list. */
typedef enum OptionType {
    OPTION_NAME, /* of a layer or a parameter: dots are allowed */
    OPTION_PLAIN_NAME,
    OPTION_INT,  /* a whole number, or one of `words`: the value's text */
    OPTION_PAIR, /* one or two of them, or one of `words` */
    OPTION_REAL,
    OPTION_BOOL,
    OPTION_WORD,    /* one of `words`, NULL-terminated; its index is the value */
    OPTION_INIT,    /* `words`: its types for editors, NULL: an initialiser */
    OPTION_NUMBERS, /* a number, or a list of some, or one of `words` */
    OPTION_ANY      /* `words`: its types for editors */
} OptionType;
typedef struct OptionSpec {
    const char *name;
    OptionType type;
    bool required;
    double low, high; /* allowed */
    double preset[2]; /* out of the range: there is no default */
    const char *const *words;
    const char *help; /* one line: what it is */
} OptionSpec;
/* Types for editors of `init` of a layer: one initialiser, or one each for weight and bias. */
extern const char *const options_inits[];
/* Rows that several layers have: of norms, of attention. */
#define EPS_OPTION                                                                                 \
    {                                                                                              \
        "eps", OPTION_REAL, false, 1e-30, 1e30, {1e-5, 0}, NULL,                                   \
            "is added to the variance under the root"                                              \
    }
#define AFFINE_OPTION(preset)                                                                      \
    {                                                                                              \
        "affine", OPTION_BOOL, false, 0, 1, {preset, 0}, NULL,                                     \
            "whether it learns a weight and a bias"                                                \
    }
#define CAUSAL_OPTION                                                                              \
    {                                                                                              \
        "causal", OPTION_BOOL, false, 0, 1, {0}, NULL,                                             \
            "whether a place sees only the places up to itself"                                    \
    }
#define DROPOUT_OPTION                                                                             \
    {                                                                                              \
        "dropout", OPTION_REAL, false, 0, 1, {0}, NULL,                                            \
            "probability of dropping a weight after the softmax"                                   \
    }
typedef struct OptionValue {
    bool given;
    double number[2]; /* ints, pairs (h, w), reals, booleans */
    const char *text;
    const double *list; /* OPTION_NUMBERS */
    int n;
    int stack; /* OPTION_ANY, OPTION_INIT: index of the value on the stack */
} OptionValue;
/* The table whose options are read: what the user calls it, and where it stands. */
typedef struct Options {
    lua_State *L;
    const char *what;
    Loc call;
    Place place; /* `at` NULL: look for it on the line of `call` */
} Options;
Options options_of_call(lua_State *L, const char *what);
/* Line of the option, or of the call if that is not known. */
Loc options_loc(const Options *o, const char *key);
/* The name of an option to show how a table of them looks. */
const char *options_example(const OptionSpec *specs, int n);
/* Reads the table at `index` (none or nil: no options). Reports every mistake and goes on with
 * defaults; returns false if there was one. Values of OPTION_ANY and OPTION_INIT are pushed. */
bool options_read(const Options *o, int index, const OptionSpec *specs, int n, OptionValue *values);

/* A word of `nn`, with what editors say of it; types are written as LuaLS does. */
typedef struct Word {
    const char *name;
    lua_CFunction function;  /* for word_add */
    const char *arguments;   /* "x: nn.Node, axis?: integer", without options; NULL: no function */
    const char *result;      /* its type; NULL: it is no word but a class of options */
    const char *help;        /* one line */
    const OptionSpec *specs; /* options, its last argument */
    int n_specs;
    const char *also; /* another way to call it, or another field of a class; NULL: none */
    bool value;       /* it is a value of type `result` that can be called, too */
} Word;

/* word.c: gives the value on top of the stack that name in the table below it. */
void word_set(lua_State *L, const Word *word);
/* The same of functions; the last has no name. */
void word_add(lua_State *L, const Word *words);
/* Notes a class of options that some type names. */
void word_class(lua_State *L, const char *name, const OptionSpec *specs, int n, const char *also);

/* phase.c: notes the classes of options of phases. */
void phase_register(lua_State *L);

/* phase.c: reads the phase that the table at `index` is; of nn.alternate what stands outside of the
 * members, and a member to a copy of that. */
void phase_read(const Options *o, int index, Phase *phase);
void phase_read_outside(const Options *o, int index, Phase *phase);
void phase_read_member(const Options *o, int index, Phase *phase);

/* train.c: the phases that `train = ` at `index` describes, or the one phase. Its word, into the
 * table on top. */
void train_read(lua_State *L, const Options *model, int index);
void train_register(lua_State *L);
/* Whether a metric cannot have the name: it is that of a loss. */
bool train_is_loss(const Graph *graph, const char *name);
/* The losses of members of nn.alternate become metrics: loss_1, loss_2, ... */
void train_add_losses(Graph *graph);

/* fields.c: what is said of the field of that name, which may be nothing yet. */
FieldData *fields_data(Graph *graph, const char *name);
/* Notes that data of the label may hold a value that is no class. */
void fields_ignore(lua_State *L, const Node *label, double ignored);

/* field_options.c: reads the options at `index` (none: there are none) of a field of the op and
 * shape to `data`, whose name is set; false if there was a mistake. Labels have so many classes. */
bool field_options_read(lua_State *L, int index, const Op *op, Shape shape, int classes,
                        FieldData *data);
/* Notes the classes of options of fields. */
void field_options_register(lua_State *L);
/* Whether two fields of one name say the same. */
bool field_options_equal(const FieldData *a, const FieldData *b);

/* data.c: reports an unknown data set, and each field that the set lacks or has in another form. */
void data_check(Front *f, Loc loc, const char *data);
/* Reports a field with windows beside one without, or with others; says that bytes of MNIST's
 * fields are normalised. */
void data_finish(Front *f);

/* functions.c: x ^ p; and functions that are made of others, into the table on top. */
int functions_power(lua_State *L);
void functions_register(lua_State *L);

/* broadcast.c: gives the operands of a function that works element by element one shape, where they
 * have shapes that fit together; else the op reports. */
void broadcast_operands(lua_State *L, Loc loc, int n, Node **in);
/* The same of the two sides of a comparison, which may be class indices. */
void broadcast_compared(lua_State *L, Loc loc, Node **in);

/* random.c: random values, into the table on top. */
void random_register(lua_State *L);

/* attention.c: attention and products of matrices, into the table on top. */
void attention_register(lua_State *L);
/* shared.c: a constant that all samples share, whose elements live as long as the graph; own
 * parameters and constants, into the table on top. */
Node *shared_tensor(lua_State *L, Loc loc, Shape shape, const double *elements);
Node *shared_number(lua_State *L, double value);
/* What nn.arange gives as real values, to be calculated with; other nodes as they are. */
Node *shared_indices(lua_State *L, Node *x);
void shared_register(lua_State *L);

/* losses.c: losses, into the table on top. */
void losses_register(lua_State *L);

/* axes.c: functions that take axes, into the table on top. Reads an axis of the shape, from 1; 0
 * after a report. Or an axis or a list of them as bits; false after a report. */
void axes_register(lua_State *L);
int axes_one(lua_State *L, int index, const char *what, Loc loc, Shape s);
bool axes_at(lua_State *L, int index, const char *what, Loc loc, Shape s, unsigned *axes);

/* rearrange.c: functions that move and join values, into the table on top; and what layers are made
 * of: x in another shape, and with zeros around an axis, from 1. */
void rearrange_register(lua_State *L);
Node *rearrange_reshape(lua_State *L, Loc loc, Node *x, Shape shape);
Node *rearrange_pad(lua_State *L, Loc loc, Node *x, int axis, int before, int after);

#endif
