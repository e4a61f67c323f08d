/* What the files of the front end share; private to compiler/lua. */
#ifndef NNGEN_LUA_FRONT_H
#define NNGEN_LUA_FRONT_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "../ops/ops.h"
#include "frontend.h"

enum { MAX_NAME = 64, MAX_FILE = 1 << 20 };

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
    const char **files; /* names of loaded files, for locations */
    int n_files, cap_files;
    Named *layers; /* names in use, node = NULL */
    Loc *layer_locs;
    int n_layers, cap_layers, cap_layer_locs;
    int unnamed[32]; /* counters of unnamed layers, by kind */
    bool has_model;
    bool exhausted; /* a limit is hit: every further instruction fails */
    long instructions;
    size_t memory;
} Front;

/* The front end that a state belongs to. */
Front *front_of(lua_State *L);

/* Place in the user's file from where the running C function was called. */
Loc front_here(lua_State *L);

/* A new sandboxed state, NULL when memory is exhausted; and the end of it. */
lua_State *sandbox_new(Front *front);
void sandbox_close(lua_State *L);

/* Loads and runs a file; leaves its one value on the stack. Returns false after a report. */
bool sandbox_run(lua_State *L, const char *path, Loc from);

/* Registers the vocabulary as a table on the stack. */
void vocabulary_push(lua_State *L);

/* Nodes as Lua values. */
extern const char node_meta[], layer_meta[], init_meta[], optimizer_meta[], model_meta[];
void push_node(lua_State *L, Node *node);
Node *to_node(lua_State *L, int index); /* NULL if the value is none */
/* A node, or a number as a node; reports and gives an error node for anything else. `what` names
 * the argument. */
Node *check_node(lua_State *L, int index, const char *what);
void register_nodes(lua_State *L);
Node *number_node(lua_State *L, double value);
/* "a string", "a node", "nothing" … */
const char *value_words(lua_State *L, int index);

/* Whether a name is allowed: letters, digits, _ and -, at most 64; reports if not. */
bool check_name(lua_State *L, Loc loc, const char *what, const char *name);

/* Layers. */
void register_layers(lua_State *L); /* adds constructors and ready layers to the table on top */

/* Initialisers: constant, uniform or normal with the numbers for a tensor of these fans. */
typedef struct Init {
    int kind; /* index in init.c's table; -1: PyTorch's default */
    double a, b;
    bool has_a, has_b;
} Init;
void register_inits(lua_State *L);
Init *to_init(lua_State *L, int index);
void init_attrs(const Init *init, double fan_in, double fan_out, double *attr);

/* Options: a table's fields, checked against a list. */
typedef enum OptionType {
    OPTION_NAME,
    OPTION_INT,
    OPTION_PAIR,
    OPTION_REAL,
    OPTION_BOOL,
    OPTION_INIT,
    OPTION_ANY
} OptionType;
typedef struct OptionSpec {
    const char *name;
    OptionType type;
    bool required;
    double low, high; /* allowed */
    double preset[2];
} OptionSpec;
typedef struct OptionValue {
    bool given;
    double number[2]; /* ints, pairs (h, w), reals, booleans */
    const char *text;
    int stack; /* OPTION_ANY, OPTION_INIT: index of the value on the stack */
} OptionValue;
/* Reads the table at `index` (none or nil: no options); `what` is the constructor's name. Reports
 * every mistake and goes on with defaults; returns false if there was one. Values of OPTION_ANY and
 * OPTION_INIT are pushed. */
bool read_options(lua_State *L, int index, const char *what, const OptionSpec *specs, int n,
                  OptionValue *values);

/* nn.model, optimizers. */
void register_model(lua_State *L);

/* Calls f(key) for the keys of the table at `index` in order: numbers, then strings, sorted; pushes
 * the list of keys as a table. Other keys make an error of the user: false. */
bool push_sorted_keys(lua_State *L, int index);

#endif
