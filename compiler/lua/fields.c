/* Values from outside: fields of the data set, and values of the command line. */
#include <math.h>
#include <string.h>

#include "front.h"

static bool is_field(const Node *n) {
    return op_is(n->op, TRAIT_FIELD);
}

/* The field of that name, if there is one. */
static Node *field_named(const Graph *g, const char *name) {
    for (int i = 0; i < g->n_nodes; i++)
        if (is_field(g->nodes[i]) && !strcmp(g->nodes[i]->name, name)) return g->nodes[i];
    return NULL;
}

static const char *field_words(Front *f, const Node *n) {
    return n->type.classes
               ? arena_printf(f->arena, "a label of %d classes%s%s", n->type.classes,
                              n->type.shape.rank ? " of shape " : "",
                              n->type.shape.rank ? shape_text(f->arena, n->type.shape) : "")
               : arena_printf(f->arena, "%s %s of shape %s", n->op == &op_input ? "an" : "a",
                              n->op->name, shape_text(f->arena, n->type.shape));
}

/* The same field named twice is one node. */
static int push_field(lua_State *L, const Op *op, const Attrs *attrs, const FieldData *data) {
    Front *f = front_of(L);
    Graph *g = f->graph;
    const char *name = data->name;
    Loc here = front_here(L);
    Node *old = field_named(g, name);
    if (old && old->op == op && attrs_equal(op, &old->attrs, attrs)) {
        const FieldData none = {.scale = 1}, *before = graph_field(g, name);
        if (!field_options_equal(data, before ? before : &none)) {
            diag_error(f->diag, here, "field \"%s\" has other options here than before (line %d)",
                       name, old->loc.line);
            diag_note(f->diag, old->loc, "first named here");
            return value_push_poison(L);
        }
        value_push_node(L, old);
        return 1;
    }
    Node *field = front_add_node(L, op, here, name, 0, NULL, attrs);
    if (old && field->type.kind != KIND_ERROR && old->type.kind != KIND_ERROR) {
        diag_error(f->diag, here, "field \"%s\" is %s here, but %s before (line %d)", name,
                   field_words(f, field), field_words(f, old), old->loc.line);
        diag_note(f->diag, old->loc, "first named here");
        return value_push_poison(L);
    }
    if (data->normalised || data->n_classes || data->array || data->windows)
        ARENA_PUSH(f->arena, g->fields, g->n_fields, g->cap_fields, *data);
    value_push_node(L, field);
    return 1;
}

FieldData *fields_data(Graph *g, const char *name) {
    FieldData *known = graph_field(g, name);
    if (known) return known;
    const FieldData none = {.name = name, .scale = 1};
    ARENA_PUSH(g->arena, g->fields, g->n_fields, g->cap_fields, none);
    return &g->fields[g->n_fields - 1];
}

void fields_ignore(lua_State *L, const Node *label, double ignored) {
    Front *f = front_of(L);
    FieldData *data = fields_data(f->graph, label->name);
    if (data->ignores && data->ignored != (int)ignored)
        diag_error(
            f->diag, front_here(L),
            "ignore_index is %.10g here, but %d in another loss of label \"%s\": data hold one "
            "such value",
            ignored, data->ignored, label->name);
    data->ignores = true;
    data->ignored = (int)ignored;
}

static const char *field_name(lua_State *L, const char *what) {
    front_count_call(L);
    if (value_is_poison(L, 1)) return NULL;
    if (lua_type(L, 1) != LUA_TSTRING) {
        diag_error(front_of(L)->diag, front_here(L), "%s: wants the name of a field first, got %s",
                   what, value_words(L, 1));
        return NULL;
    }
    return name_at(L, 1, front_here(L), "the name of a field", false);
}

/* A whole number from 1 to `high`, or -1. */
static int size_at(lua_State *L, int index, double high) {
    double v = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : -1;
    return v >= 1 && v <= high && v == floor(v) ? (int)v : -1;
}

static int bad_shape(lua_State *L, const Op *op, const char *name, int index) {
    diag_error(front_of(L)->diag, front_here(L),
               "%s \"%s\": wants a shape of up to 4 whole sizes, such as {1, 14, 14}, or {} for "
               "one value%s%s",
               op->name, name, lua_istable(L, index) ? "" : ", got ",
               lua_istable(L, index) ? "" : value_words(L, index));
    return value_push_poison(L);
}

/* nn.input(name, {1, 14, 14}, options), nn.target(name, {3}, options) */
static int shaped_field(lua_State *L, const Op *op) {
    FieldData data = {.name = field_name(L, op->name)};
    if (!data.name || value_is_poison(L, 2)) return value_push_poison(L);
    Shape shape;
    const char *what = arena_printf(front_of(L)->arena, "%s \"%s\"", op->name, data.name);
    if (lua_istable(L, 2) && !table_check_list(L, 2, front_here(L), what))
        return value_push_poison(L);
    if (!table_read_shape(L, 2, 0, &shape)) return bad_shape(L, op, data.name, 2);
    if (!field_options_read(L, 3, op, shape, 0, &data)) return value_push_poison(L);
    return push_field(L, op, ATTRS_WITH(ShapeAttrs, shape_stated(shape)), &data);
}

static int nn_input(lua_State *L) {
    return shaped_field(L, &op_input);
}
static int nn_target(lua_State *L) {
    return shaped_field(L, &op_target);
}

/* nn.label(name, classes, {64}, options): the shape may be left out. */
static int nn_label(lua_State *L) {
    enum { MAX_CLASSES = 1 << 20 };
    FieldData data = {.name = field_name(L, "label")};
    if (!data.name || value_is_poison(L, 2)) return value_push_poison(L);
    const int classes = size_at(L, 2, MAX_CLASSES);
    if (classes < 0) {
        diag_error(front_of(L)->diag, front_here(L),
                   "label \"%s\": wants the number of classes, 1 to %d, got %s", data.name,
                   MAX_CLASSES, value_words(L, 2));
        return value_push_poison(L);
    }
    Shape shape = {0, {0}};
    const bool shaped = lua_istable(L, 3) && lua_rawlen(L, 3) > 0;
    if (shaped && !table_check_list(L, 3, front_here(L), "a label's shape"))
        return value_push_poison(L);
    if (shaped && !table_read_shape(L, 3, 1, &shape)) return bad_shape(L, &op_label, data.name, 3);
    if (!field_options_read(L, shaped ? 4 : 3, &op_label, shape, classes, &data))
        return value_push_poison(L);
    return push_field(L, &op_label, ATTRS_WITH(LabelAttrs, classes, shape_stated(shape)), &data);
}

static const char *defined(Front *f, const char *name) {
    const char *text = NULL;
    for (int i = 0; i < f->n_defines; i++) {
        if (strcmp(f->defines[i].name, name) != 0) continue;
        text = f->defines[i].value;
        f->define_used[i] = true;
    }
    for (int i = 0; i < f->n_param_names; i++)
        if (!strcmp(f->param_names[i], name)) return text;
    ARENA_PUSH(f->arena, f->param_names, f->n_param_names, f->cap_param_names, name);
    return text;
}

/* nn.param(name, default): the command line's value, read as what the default is. */
static int nn_param(lua_State *L) {
    Front *f = front_of(L);
    if (value_is_poison(L, 1)) return value_push_poison(L);
    int type = lua_type(L, 2);
    if (lua_type(L, 1) != LUA_TSTRING ||
        (type != LUA_TNUMBER && type != LUA_TBOOLEAN && type != LUA_TSTRING)) {
        if (!value_is_poison(L, 2))
            diag_error(f->diag, front_here(L),
                       "param: wants a name and a default that is a number, a string or a boolean, "
                       "as in nn.param(\"hidden\", 64)");
        return value_push_poison(L);
    }
    lua_settop(L, 2);
    front_count_call(L);
    const char *name = name_at(L, 1, front_here(L), "the name of a parameter of the file", false);
    if (!name) return 1;
    const char *text = defined(f, name);
    if (!text) return 1;
    bool ok = true;
    if (type == LUA_TNUMBER)
        ok = lua_stringtonumber(L, text) != 0;
    else if (type == LUA_TSTRING)
        lua_pushstring(L, text);
    else
        ok = !strcmp(text, "true") || !strcmp(text, "false"),
        lua_pushboolean(L, !strcmp(text, "true"));
    if (ok) return 1;
    diag_error(f->diag, front_here(L), "-D %s=%.100s: wants %s, as the default is", name, text,
               type == LUA_TNUMBER ? "a number" : "true or false");
    lua_settop(L, 2);
    return 1;
}

void fields_register(lua_State *L) {
    static const Word words[] = {
        {.name = "input",
         .function = nn_input,
         .arguments = "name: string, shape: integer[], options?: nn.input.options",
         .result = "nn.Node",
         .help = "a field of real values of the data set"},
        {.name = "target",
         .function = nn_target,
         .arguments = "name: string, shape: integer[], options?: nn.input.options",
         .result = "nn.Node",
         .help = "a field of real values to be learned"},
        {.name = "label",
         .function = nn_label,
         .arguments = "name: string, classes: integer, shape?: integer[]|nn.label.options, "
                      "options?: nn.label.options",
         .result = "nn.Node",
         .help = "a field of class indices, one or one at each place"},
        {.name = "param",
         .function = nn_param,
         .arguments = "name: string, default: T",
         .result = "T",
         .help = "the value of -D name=value on the command line, else the default"},
        {0}};
    word_add(L, words);
    field_options_register(L);
}
