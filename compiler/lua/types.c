/* The types of the language, for editors: nn.d.lua, as LuaLS reads it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"

static const char head[] =
    "---@meta nn\n"
    "-- The vocabulary of nngen's architecture files, written by nngen --help=luals.\n"
    "\n"
    "---@class nn.Node a value that the network computes\n"
    "---@field shape integer[] its sizes, without the batch\n"
    "---@operator add(nn.Value): nn.Node\n"
    "---@operator sub(nn.Value): nn.Node\n"
    "---@operator mul(nn.Value): nn.Node\n"
    "---@operator div(nn.Value): nn.Node\n"
    "---@operator pow(nn.Value): nn.Node\n"
    "---@operator unm: nn.Node\n"
    "\n"
    "---@class nn.Schedule: nn.Node a number that is known before each step\n"
    "---@operator add(nn.Number): nn.Schedule\n"
    "---@operator sub(nn.Number): nn.Schedule\n"
    "---@operator mul(nn.Number): nn.Schedule\n"
    "---@operator div(nn.Number): nn.Schedule\n"
    "---@operator pow(nn.Number): nn.Schedule\n"
    "---@operator unm: nn.Schedule\n"
    "\n"
    "---@alias nn.Value nn.Node|number\n"
    "---@alias nn.Number nn.Schedule|number\n"
    "\n"
    "---@class nn.Layer a value that is called on a node and gives a node\n"
    "---@overload fun(x: nn.Node): nn.Node\n"
    "\n"
    "---@class nn.Init an initialiser\n"
    "---@class nn.Optimizer an optimizer\n"
    "---@class nn.Turns a phase whose members take turns\n"
    "---@class nn.Model a network and its training\n"
    "\n"
    "---@class nn.Nodes a list of nodes, and an axis\n"
    "---@field [integer] nn.Node\n"
    "---@field axis? integer the axis along which they are joined (default 1)\n"
    "\n";

static const char *joined(Arena *arena, const char *const *words, const char *quote) {
    const char *text = "";
    for (int i = 0; words[i]; i++)
        text = arena_printf(arena, "%s%s%s%s%s", text, i ? "|" : "", quote, words[i], quote);
    return text;
}

static const char *type_of(Arena *arena, const OptionSpec *spec) {
    const char *words = spec->words && spec->type != OPTION_ANY && spec->type != OPTION_INIT
                            ? joined(arena, spec->words, "\"")
                            : "";
    const char *more = *words ? "|" : "";
    switch (spec->type) {
    case OPTION_NAME:
    case OPTION_PLAIN_NAME:
        return "string";
    case OPTION_INT:
        return arena_printf(arena, "integer%s%s", more, words);
    case OPTION_PAIR:
        return arena_printf(arena, "integer|integer[]%s%s", more, words);
    case OPTION_REAL:
        return "number";
    case OPTION_BOOL:
        return "boolean";
    case OPTION_WORD:
        return words;
    case OPTION_NUMBERS:
        return arena_printf(arena, "number|number[]%s%s", more, words);
    case OPTION_INIT:
    case OPTION_ANY:
        if (spec->words) return joined(arena, spec->words, "");
        if (spec->type == OPTION_INIT) return "nn.Init";
        break;
    }
    bug("option %s has no type", spec->name);
}

/* The shortest digits that are the number. */
static const char *number_text(Arena *arena, double value) {
    const char *text = "";
    for (int digits = 1; digits <= 17; digits++) {
        text = arena_printf(arena, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    const char *zero = strstr(text, "e-0"); /* 1e-05 */
    return zero ? arena_printf(arena, "%.*s%s", (int)(zero - text) + 2, text, zero + 3) : text;
}

/* " (default 1)", or "". */
static const char *default_of(Arena *arena, const OptionSpec *spec) {
    const double v = spec->preset[0];
    const char *text = NULL;
    if (spec->required) return "";
    switch (spec->type) {
    case OPTION_WORD:
        text = arena_printf(arena, "\"%s\"", spec->words[(int)v]);
        break;
    case OPTION_BOOL:
        text = isnan(v) ? NULL : v != 0 ? "true" : "false";
        break;
    case OPTION_INT:
    case OPTION_PAIR:
    case OPTION_REAL:
    case OPTION_NUMBERS:
        if (v >= spec->low && v <= spec->high) text = number_text(arena, v);
        break;
    case OPTION_ANY:
        if (v > 0) text = number_text(arena, v);
        break;
    case OPTION_NAME:
    case OPTION_PLAIN_NAME:
    case OPTION_INIT:
        break;
    }
    return text ? arena_printf(arena, " (default %s)", text) : "";
}

/* Options that must be given are marked so, unless `loose`: another option may stand for them. */
static void write_class(Arena *arena, FILE *out, const char *name, const Word *word, bool loose) {
    fprintf(out, "---@class %s\n", name);
    for (int i = 0; i < word->n_specs; i++) {
        const OptionSpec *spec = &word->specs[i];
        if (!spec->help || !*spec->help) bug("%s: option %s has no help", name, spec->name);
        fprintf(out, "---@field %s%s %s %s%s\n", spec->name, spec->required && !loose ? "" : "?",
                type_of(arena, spec), spec->help, default_of(arena, spec));
    }
}

static bool needs_options(const Word *word) {
    for (int i = 0; i < word->n_specs; i++)
        if (word->specs[i].required) return true;
    return false;
}

static bool has_option(const Word *word, const char *name) {
    for (int i = 0; i < word->n_specs; i++)
        if (!strcmp(word->specs[i].name, name)) return true;
    return false;
}

/* Arguments with types, the options last. */
static const char *arguments_of(Arena *arena, const Word *word) {
    const char *text = word->arguments ? word->arguments : "";
    if (!word->n_specs) return text;
    return arena_printf(arena, "%s%soptions%s: nn.%s.options", text, *text ? ", " : "",
                        needs_options(word) ? "" : "?", word->name);
}

/* A line for each of "x: nn.Node, axis?: integer", and the names alone in `*names`. */
static void write_params(Arena *arena, FILE *out, const char *arguments, const char **names) {
    *names = "";
    for (const char *at = arguments; *at;) {
        const char *colon = strchr(at, ':'), *end = colon;
        for (int depth = 0; *end && (depth || *end != ','); end++)
            depth += (*end == '(') - (*end == ')');
        const int n = (int)(colon - at);
        fprintf(out, "---@param %.*s %.*s\n", n, at, (int)(end - colon - 2), colon + 2);
        *names = arena_printf(arena, "%s%s%.*s", *names, **names ? ", " : "",
                              n - (colon[-1] == '?'), at);
        at = *end ? end + 2 : end;
    }
}

static void write_word(Arena *arena, FILE *out, const Word *word) {
    const char *arguments = arguments_of(arena, word), *names;
    if (!word->help || !*word->help) bug("nn.%s has no help", word->name);
    if (word->n_specs) {
        write_class(arena, out, arena_printf(arena, "nn.%s.options", word->name), word,
                    has_option(word, "tie"));
        fputc('\n', out);
    }
    if (word->value) {
        fprintf(out, "---@class nn.%s.word: %s\n", word->name, word->result);
        if (*arguments) fprintf(out, "---@overload fun(%s): %s\n", arguments, word->result);
        if (word->also) fprintf(out, "---@overload %s\n", word->also);
        fprintf(out, "\n--- %s\n---@type nn.%s.word\nnn.%s = nil\n\n", word->help, word->name,
                word->name);
        return;
    }
    fprintf(out, "--- %s\n", word->help);
    if (!word->arguments) {
        fprintf(out, "---@type %s\nnn.%s = nil\n\n", word->result, word->name);
        return;
    }
    if (!strcmp(word->result, "T")) fputs("---@generic T\n", out);
    write_params(arena, out, arguments, &names);
    fprintf(out, "---@return %s\n", word->result);
    if (word->also) fprintf(out, "---@overload %s\n", word->also);
    fprintf(out, "function nn.%s(%s) end\n\n", word->name, names);
}

/* Every word of the vocabulary has been noted: its keys are those of `nn`. */
static int check_words(lua_State *L) {
    const Front *f = front_of(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "nn.vocabulary");
    luaL_getmetafield(L, -1, "__index");
    table_push_keys(L, -1);
    for (lua_Integer k = 1; lua_rawgeti(L, -1, k) == LUA_TSTRING; k++, lua_pop(L, 1)) {
        int i = 0;
        while (i < f->n_words && strcmp(f->words[i].name, lua_tostring(L, -1)) != 0) i++;
        if (i == f->n_words) bug("nn.%s is not noted for editors", lua_tostring(L, -1));
    }
    return 0;
}

bool types_write(Arena *arena, Diag *diag, FILE *out) {
    Front f = {.arena = arena, .diag = diag, .graph = graph_new(arena, diag), .path = ""};
    lua_State *L = sandbox_new(&f);
    if (!L) return false;
    lua_pushcfunction(L, check_words);
    const bool ok = lua_pcall(L, 0, 0, 0) == LUA_OK;
    sandbox_close(L);
    if (!ok) return false;
    fputs(head, out);
    for (int i = 0; i < f.n_words; i++) {
        const Word *word = &f.words[i];
        if (word->result) continue;
        write_class(arena, out, word->name, word, true);
        if (word->also) fprintf(out, "---@field %s\n", word->also);
        fputc('\n', out);
    }
    fputs("local nn = {}\n\n", out);
    for (int i = 0; i < f.n_words; i++)
        if (f.words[i].result) write_word(arena, out, &f.words[i]);
    fputs("return nn\n", out);
    return true;
}
