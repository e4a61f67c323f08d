/* What the files of the front end share; private to compiler/lua. */
#ifndef NNGEN_LUA_FRONT_H
#define NNGEN_LUA_FRONT_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <time.h>

#include "../ops/ops.h"
#include "frontend.h"

enum {
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
    int n_layer_kinds;
    int *unnamed; /* counters of unnamed layers, by kind */
    bool has_model;
    Loc model_loc, error_loc; /* error_loc: where the error that Lua reports was raised */
    bool exhausted;           /* a limit is hit: every further instruction fails */
    long instructions, calls;
    clock_t start; /* processor time when the file began to run */
    size_t memory;
    long operands;  /* of all nodes */
    double weights; /* elements of all parameters */
    int printed;
} Front;

/* The front end that a state belongs to. */
Front *front_of(lua_State *L);

/* A new sandboxed state, NULL when memory is exhausted; and the end of it. */
lua_State *sandbox_new(Front *front);
void sandbox_close(lua_State *L);

/* Reports that a limit is hit and ends the run: from now on every instruction fails. */
int stop(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Stops when there are too many mistakes. */
void check_mistakes(lua_State *L);

/* Counts a call of a word that makes no node, and stops when there are too many: each call may
 * leave a little in the arena, also one whose mistake is known already. */
void count_call(lua_State *L);

/* Raises a Lua error whose words are reported already. */
int raise_reported(lua_State *L);

/* Place in the user's file from where the running C function was called. */
Loc front_here(lua_State *L);

/* Loads and runs a file; leaves its one value on the stack. Returns false after a report. */
bool run_file(lua_State *L, const char *path, Loc from);

/* Adds `require` to the globals. */
void open_require(lua_State *L);

/* Adds the allowed part of Lua's libraries to the globals. */
void open_libraries(lua_State *L);

/* Pushes the list of the keys of the table at `index` in order: numbers, then strings, sorted.
 * Other keys make an error of the user: false, and nothing is pushed. */
bool push_sorted_keys(lua_State *L, int index);

/* Whether the table at `index` has no keys but 1, 2, ...; reports if not. */
bool check_list(lua_State *L, int index, Loc loc, const char *what);

/* Pushes the value at `index` as text, the same in every run. */
void push_text(lua_State *L, int index);

/* Puts the vocabulary `nn` on the stack. */
void push_vocabulary(lua_State *L);
/* Parts of it: each adds its words to the table on top of the stack. */
void register_fields(lua_State *L);
void register_layers(lua_State *L);
void register_inits(lua_State *L);
void register_optimizers(lua_State *L);
void register_model(lua_State *L);
void register_nodes(lua_State *L);

extern const char node_meta[], layer_meta[], init_meta[], optimizer_meta[], model_meta[];

/* Nodes as Lua values. */
void push_node(lua_State *L, Node *node);
Node *to_node(lua_State *L, int index); /* NULL if the value is none */
/* As graph_add, within the limits of the graph and of its tensors' sizes. */
Node *add_node(lua_State *L, const Op *op, Loc loc, const char *name, int n_in, Node *const *in,
               const double *attr);
Node *number_node(lua_State *L, double value);
/* A node, or a number as a node; reports and gives a poison node for anything else. `what` names
 * the argument. */
Node *check_node(lua_State *L, int index, const char *what);

/* Poison: a node of KIND_ERROR that stands for the value of a mistake already reported. It can be
 * called, indexed and used as any other value is, and stays poison, so that evaluation goes on. */
Node *poison_node(lua_State *L);
int push_poison(lua_State *L); /* returns 1, for C functions */
bool is_poison(lua_State *L, int index);

/* "a node", "the string \"abc\"", "nothing" … */
const char *value_words(lua_State *L, int index);

/* A number as a file would say it: 0/0 and 1/0 where it is not finite. */
const char *number_words(Arena *arena, double value);

/* Whether a name is allowed: letters, digits, _ and -, at most 64; reports if not. */
bool check_name(lua_State *L, Loc loc, const char *what, const char *name);
/* The string at `index` as a name that lives in the arena, NULL if it is not allowed. */
const char *name_at(lua_State *L, int index, Loc loc, const char *what);

/* Whether two words differ only in what other libraries write in another way: case, underscores, a
 * `loss` at the end. */
bool same_word(const char *a, const char *b);
/* What nngen calls a function, or an option, that other libraries call `word`: NULL, or `word`, if
 * they have no name of their own for it. */
const char *nngen_word(const char *word);
const char *nngen_option(const char *word);
/* Whether PyTorch has a function, or an option, that nngen has not yet. */
bool only_pytorch_has(const char *word);
bool only_pytorch_has_option(const char *word);

/* Initialisers: constant, uniform or normal with the numbers for a tensor of these fans. */
typedef struct Init {
    int kind; /* index in init.c's table; -1: PyTorch's default */
    double a, b;
} Init;
Init *to_init(lua_State *L, int index);
void init_attrs(const Init *init, double fan_in, double fan_out, double *attr);

/* A place in the text of a table that the user wrote; `at` NULL: not known. */
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

/* Options: a table's fields, checked against a list. */
typedef enum OptionType {
    OPTION_NAME,
    OPTION_INT,
    OPTION_PAIR,
    OPTION_REAL,
    OPTION_BOOL,
    OPTION_WORD, /* one of `words`, NULL-terminated; its index is the value */
    OPTION_INIT,
    OPTION_ANY
} OptionType;
typedef struct OptionSpec {
    const char *name;
    OptionType type;
    bool required;
    double low, high; /* allowed */
    double preset[2];
    const char *const *words;
} OptionSpec;
typedef struct OptionValue {
    bool given;
    double number[2]; /* ints, pairs (h, w), reals, booleans */
    const char *text;
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
Loc option_loc(const Options *o, const char *key);
/* The name of an option to show how a table of them looks. */
const char *option_example(const OptionSpec *specs, int n);
/* Reads the table at `index` (none or nil: no options). Reports every mistake and goes on with
 * defaults; returns false if there was one. Values of OPTION_ANY and OPTION_INIT are pushed. */
bool read_options(const Options *o, int index, const OptionSpec *specs, int n, OptionValue *values);

/* The phases that `train = ` at `index` describes, or the one phase. */
void read_train(lua_State *L, const Options *model, int index);

/* Checks the fields against those that the known data sets have. */
void check_data(Front *f, Loc loc, const char *data);

#endif
