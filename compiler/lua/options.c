/* Option tables: reports every field that is unknown, of another type or out of range. */
#include <math.h>
#include <string.h>

#include "../../common/nearest.h"
#include "front.h"

const char *const options_inits[] = {"nn.Init", "nn.Inits", NULL};

Options options_of_call(lua_State *L, const char *what) {
    front_count_call(L);
    return (Options){L, what, front_here(L), {NULL, NULL, 0}};
}

Loc options_loc(const Options *o, const char *key) {
    Place table = o->place.at ? o->place : place_of_call(front_of(o->L), o->call, o->what, key);
    Place value = place_of_key(table, key);
    if (value.at) return (Loc){value.file, value.line};
    return o->place.at ? (Loc){o->place.file, o->place.line} : o->call;
}

/* `<what>: <option> <words>` at the option's line. */
__attribute__((format(printf, 3, 4))) static bool mistake(const Options *o, const OptionSpec *spec,
                                                          const char *format, ...) {
    Front *f = front_of(o->L);
    va_list args;
    va_start(args, format);
    diag_error(f->diag, options_loc(o, spec->name), "%s: %s %s", o->what, spec->name,
               arena_vprintf(f->arena, format, args));
    va_end(args);
    return false;
}

static bool wrong_type(const Options *o, const OptionSpec *spec, const char *wants, int index) {
    if (value_is_poison(o->L, index)) return false;
    return mistake(o, spec, "wants %s, got %s", wants, value_words(o->L, index));
}

static bool in_range(const Options *o, const OptionSpec *spec, double v) {
    if (v >= spec->low && v <= spec->high) return true;
    if (isnan(v)) return mistake(o, spec, "wants a number, got 0/0");
    return mistake(o, spec, "must be between %.10g and %.10g, got %s", spec->low, spec->high,
                   value_number_words(front_of(o->L)->arena, v));
}

static bool whole(const Options *o, const OptionSpec *spec, int index, double *out) {
    const char *wants =
        spec->words && spec->type == OPTION_INT
            ? arena_printf(front_of(o->L)->arena, "a whole number or \"%s\"", spec->words[0])
            : "a whole number";
    if (lua_type(o->L, index) != LUA_TNUMBER) return wrong_type(o, spec, wants, index);
    double v = lua_tonumber(o->L, index);
    if (isnan(v)) return mistake(o, spec, "wants a whole number, got 0/0");
    if (v != floor(v))
        return mistake(o, spec, "must be a whole number, got %s",
                       value_number_words(front_of(o->L)->arena, v));
    if (!in_range(o, spec, v)) return false;
    *out = v;
    return true;
}

/* Whether the value on top is one of the words that stand for numbers. */
static bool is_word(lua_State *L, const OptionSpec *spec, OptionValue *value) {
    for (int i = 0; spec->words && spec->words[i]; i++)
        if (lua_type(L, -1) == LUA_TSTRING && !strcmp(lua_tostring(L, -1), spec->words[i]))
            value->text = spec->words[i];
    return value->text;
}

static bool read_pair(const Options *o, const OptionSpec *spec, OptionValue *value) {
    const char *wants =
        spec->words ? arena_printf(front_of(o->L)->arena,
                                   "a whole number, {height, width} or \"%s\"", spec->words[0])
                    : "a whole number or {height, width}";
    lua_State *L = o->L;
    double pair[2];
    if (is_word(L, spec, value)) return true;
    if (lua_istable(L, -1)) {
        if (lua_rawlen(L, -1) != 2)
            return mistake(o, spec, "wants %s, got a table of %d", wants, (int)lua_rawlen(L, -1));
        for (int i = 0; i < 2; i++) {
            lua_rawgeti(L, -1, i + 1);
            bool ok = whole(o, spec, -1, &pair[i]);
            lua_pop(L, 1);
            if (!ok) return false;
        }
    } else {
        if (lua_type(L, -1) != LUA_TNUMBER) return wrong_type(o, spec, wants, -1);
        if (!whole(o, spec, -1, &pair[0])) return false;
        pair[1] = pair[0];
    }
    memcpy(value->number, pair, sizeof pair);
    return true;
}

/* A number in the range, or a list of such. */
static bool read_numbers(const Options *o, const OptionSpec *spec, OptionValue *value) {
    enum { MOST = 1 << 16 };
    lua_State *L = o->L;
    if (is_word(L, spec, value)) return true;
    const bool list = lua_istable(L, -1);
    const char *wants = "a number, or a list of numbers";
    if (spec->words)
        wants = arena_printf(front_of(L)->arena, "%s, or \"%s\"", wants, spec->words[0]);
    const int n = list ? (int)lua_rawlen(L, -1) : 1;
    double *values = ARENA_ARRAY(front_of(L)->arena, double, n + 1);
    if (list && !table_check_list(L, -1, options_loc(o, spec->name), spec->name)) return false;
    if (n < 1 || n > MOST) return mistake(o, spec, "wants %s, of 1 to %d", wants, MOST);
    for (int i = 0; i < n; i++) {
        if (list) lua_rawgeti(L, -1, i + 1);
        const bool number = lua_type(L, -1) == LUA_TNUMBER;
        const bool good =
            number ? in_range(o, spec, lua_tonumber(L, -1)) : wrong_type(o, spec, wants, -1);
        if (good) values[i] = lua_tonumber(L, -1);
        if (list) lua_pop(L, 1);
        if (!good) return false;
    }
    value->list = values;
    value->n = n;
    return true;
}

static bool read_name(const Options *o, const OptionSpec *spec, OptionValue *value) {
    if (lua_type(o->L, -1) != LUA_TSTRING) return wrong_type(o, spec, "a string", -1);
    value->text =
        name_at(o->L, -1, options_loc(o, spec->name), "a name", spec->type == OPTION_NAME);
    return value->text != NULL;
}

static bool read_word(const Options *o, const OptionSpec *spec, OptionValue *value) {
    const char *list = "", *word = lua_type(o->L, -1) == LUA_TSTRING ? lua_tostring(o->L, -1) : "";
    for (int i = 0; spec->words[i]; i++) {
        if (!strcmp(word, spec->words[i])) {
            value->number[0] = i;
            return true;
        }
        list = arena_printf(front_of(o->L)->arena, "%s%s\"%s\"", list, i ? " or " : "",
                            spec->words[i]);
    }
    return wrong_type(o, spec, list, -1);
}

/* The value is on top of the stack. */
static bool read_value(const Options *o, const OptionSpec *spec, OptionValue *value) {
    lua_State *L = o->L;
    switch (spec->type) {
    case OPTION_NAME:
    case OPTION_PLAIN_NAME:
        return read_name(o, spec, value);
    case OPTION_INT:
        if (is_word(L, spec, value)) return true;
        return whole(o, spec, -1, &value->number[0]);
    case OPTION_PAIR:
        return read_pair(o, spec, value);
    case OPTION_REAL:
        if (lua_type(L, -1) != LUA_TNUMBER) return wrong_type(o, spec, "a number", -1);
        if (!in_range(o, spec, lua_tonumber(L, -1))) return false;
        value->number[0] = lua_tonumber(L, -1);
        return true;
    case OPTION_BOOL:
        if (!lua_isboolean(L, -1)) return wrong_type(o, spec, "true or false", -1);
        value->number[0] = lua_toboolean(L, -1);
        return true;
    case OPTION_NUMBERS:
        return read_numbers(o, spec, value);
    case OPTION_WORD:
        return read_word(o, spec, value);
    case OPTION_INIT:
        if (!luaL_testudata(L, -1, value_init_meta) && !lua_istable(L, -1))
            return wrong_type(o, spec, "an initialiser such as nn.normal(0, 0.02)", -1);
        break;
    case OPTION_ANY:
        break;
    }
    lua_pushvalue(L, -1);
    value->stack = lua_gettop(L);
    return true;
}

static void unknown_option(const Options *o, const char *key, const OptionSpec *specs, int n,
                           OptionValue *values) {
    const char *names[32] = {NULL}, *list = "", *near = NULL;
    Front *f = front_of(o->L);
    front_count_call(o->L);
    for (int i = 0; i < n && i < 31; i++) {
        names[i] = specs[i].name;
        list = arena_printf(f->arena, "%s%s%s", list, i ? ", " : "", specs[i].name);
        if (!strcmp(pytorch_option(key), specs[i].name)) near = specs[i].name;
    }
    if (!near && pytorch_only_option(key)) {
        diag_error(f->diag, options_loc(o, key), "%s: nngen has no option `%s` yet; it has %s",
                   o->what, key, list);
        return;
    }
    if (!near) near = nearest_name(key, names);
    if (!near) {
        diag_error(f->diag, options_loc(o, key), "%s: unknown option `%.64s`; it has %s", o->what,
                   key, list);
        return;
    }
    diag_error(f->diag, options_loc(o, key), "%s: unknown option `%.64s`; did you mean `%s`?",
               o->what, key, near);
    for (int i = 0; i < n; i++) /* so that it is not reported as missing, too */
        if (!strcmp(specs[i].name, near)) values[i].given = true;
}

const char *options_example(const OptionSpec *specs, int n) {
    for (int i = 0; i < n; i++)
        if (specs[i].required) return specs[i].name;
    return specs[n > 1 && !strcmp(specs[0].name, "name") ? 1 : 0].name;
}

/* The key is on top of the stack; it is replaced by the value if that is to be kept. */
static bool read_key(const Options *o, int index, const OptionSpec *specs, int n,
                     OptionValue *values) {
    lua_State *L = o->L;
    int top = lua_gettop(L);
    bool ok = true;
    /* lua_tostring would change a number in place. */
    const char *key = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    int i = 0;
    while (key && i < n && strcmp(specs[i].name, key) != 0) i++;
    if (!key) {
        diag_error(front_of(L)->diag, o->call, "%s: options have names: { %s = ... }", o->what,
                   options_example(specs, n));
        for (int j = 0; j < n; j++)
            values[j].given = true; /* so that none is reported as missing, too */
        ok = false;
    } else if (i == n) {
        unknown_option(o, key, specs, n, values);
        ok = false;
    } else {
        lua_rawget(L, index);
        values[i].given = true;
        ok = read_value(o, &specs[i], &values[i]);
        if (values[i].stack) {
            lua_replace(L, top);
            values[i].stack = top;
            return ok;
        }
    }
    lua_settop(L, top - 1);
    return ok;
}

bool options_read(const Options *o, int index, const OptionSpec *specs, int n,
                  OptionValue *values) {
    lua_State *L = o->L;
    Front *f = front_of(L);
    bool ok = true;
    for (int i = 0; i < n; i++) {
        values[i] = (OptionValue){0};
        memcpy(values[i].number, specs[i].preset, sizeof specs[i].preset);
    }
    bool table = lua_istable(L, index);
    if (!table && !lua_isnoneornil(L, index)) {
        if (!value_is_poison(L, index))
            diag_error(f->diag, o->call, "%s: wants a table of options { %s = ... }, got %s",
                       o->what, options_example(specs, n), value_words(L, index));
        return false;
    }
    luaL_checkstack(L, 2 * n + 20, "options");
    if (table) {
        index = lua_absindex(L, index);
        if (!table_push_keys(L, index)) {
            diag_error(f->diag, o->call, "%s: the names of options are strings", o->what);
            return false;
        }
        int keys = lua_gettop(L);
        lua_Integer count = (lua_Integer)lua_rawlen(L, keys);
        for (lua_Integer k = 1; k <= count; k++) {
            front_check_mistakes(L);
            lua_rawgeti(L, keys, k);
            if (!read_key(o, index, specs, n, values)) ok = false;
        }
    }
    for (int i = 0; i < n; i++)
        if (specs[i].required && !values[i].given) {
            diag_error(f->diag, o->place.at ? (Loc){o->place.file, o->place.line} : o->call,
                       "%s: option `%s` is missing", o->what, specs[i].name);
            ok = false;
        }
    return ok;
}
