/* Options of fields: how the elements are normalised, the names of classes, which array they are.
 */
#include <string.h>

#include "../../common/clean.h"
#include "front.h"

enum { SCALE, MEAN, STD, NAMES, WINDOWS, ARRAY, OFFSET, N_OPTIONS };

static const char *const train[] = {"train", NULL};
static const OptionSpec specs[] = {
    [SCALE] = {"scale",
               OPTION_REAL,
               false,
               -1e30,
               1e30,
               {1, 0},
               NULL,
               "factor of each element, before mean and std"},
    [MEAN] = {"mean",
              OPTION_NUMBERS,
              false,
              -1e30,
              1e30,
              {0},
              train,
              "is subtracted: a number, one for each channel or column, or \"train\": measured"},
    [STD] = {"std",
             OPTION_NUMBERS,
             false,
             1e-30,
             1e30,
             {1, 0},
             train,
             "divides: a number, one for each channel or column, or \"train\": measured"},
    [NAMES] = {"names",
               OPTION_ANY,
               false,
               0,
               0,
               {0},
               (const char *const[]){"string[]", NULL},
               "what the classes are called, beginning with class 0"},
    [WINDOWS] = {"windows",
                 OPTION_INT,
                 false,
                 1,
                 MAX_DIM,
                 {0},
                 NULL,
                 "distance between neighbouring samples of one long sequence"},
    [ARRAY] = {"array",
               OPTION_PLAIN_NAME,
               false,
               0,
               0,
               {0},
               NULL,
               "the array of a data file that the field is; its name if left out"},
    [OFFSET] = {"offset",
                OPTION_INT,
                false,
                0,
                MAX_DIM,
                {0},
                NULL,
                "distance from a sample's place to its window"},
};

/* Inputs and targets have no names of classes, labels are not normalised. */
static int specs_of(bool label, OptionSpec *list, int *at) {
    int n = 0;
    for (int i = 0; i < N_OPTIONS; i++) {
        if (label ? i <= STD : i == NAMES) continue;
        at[n] = i;
        list[n++] = specs[i];
    }
    return n;
}

static bool per_channel(const Options *o, const char *key, const OptionValue *value, Shape shape,
                        PerChannel *to) {
    int run;
    const FieldData field = {0};
    const int moments = field_moments(&field, shape, &run);
    *to = (PerChannel){.measured = value->text != NULL, .n = value->n, .values = value->list};
    if (value->n <= 1 || value->n == moments) return true;
    diag_error(front_of(o->L)->diag, options_loc(o, key),
               "%s: %s has %d numbers; shape %s wants one, or %d, one for each %s", o->what, key,
               value->n, shape_text(front_of(o->L)->arena, shape), moments,
               shape.rank == 3 ? "channel" : "column");
    return false;
}

/* A list of as many strings as there are classes. */
static bool read_names(const Options *o, int index, int classes, FieldData *data) {
    lua_State *L = o->L;
    Front *f = front_of(L);
    const Loc loc = options_loc(o, "names");
    const int n = lua_istable(L, index) ? (int)lua_rawlen(L, index) : -1;
    if (n >= 0 && !table_check_list(L, index, loc, "names")) return false;
    if (n != classes) {
        diag_error(f->diag, loc, "%s: names wants a list of %d strings, one for each class, got %s",
                   o->what, classes,
                   n < 0 ? value_words(L, index) : arena_printf(f->arena, "%d", n));
        return false;
    }
    const char **names = ARENA_ARRAY(f->arena, const char *, n);
    for (int i = 0; i < n; i++) {
        size_t length = 0;
        lua_rawgeti(L, index, i + 1);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
        if (!name || strlen(name) != length) {
            diag_error(f->diag, loc, "%s: the name of class %d is to be a string, got %s", o->what,
                       i, name ? "one with a zero byte in it" : value_words(L, -1));
            return false;
        }
        if (!is_clean(name)) {
            diag_error(f->diag, loc,
                       "%s: the name of class %d is to be UTF-8 without control characters",
                       o->what, i);
            return false;
        }
        names[i] = arena_strdup(f->arena, name);
        lua_pop(L, 1);
    }
    data->classes = names;
    data->n_classes = n;
    return true;
}

bool field_options_read(lua_State *L, int index, const Op *op, Shape shape, int classes,
                        FieldData *data) {
    Front *f = front_of(L);
    const int top = lua_gettop(L);
    OptionSpec list[N_OPTIONS];
    OptionValue values[N_OPTIONS], v[N_OPTIONS] = {0};
    int at[N_OPTIONS];
    const int n = specs_of(classes > 0, list, at);
    const Options o = options_of_call(L, arena_printf(f->arena, "%s \"%s\"", op->name, data->name));
    bool ok = options_read(&o, index, list, n, values);
    for (int i = 0; ok && i < n; i++) v[at[i]] = values[i];
    data->scale = 1;
    if (ok && v[SCALE].given) data->scale = v[SCALE].number[0];
    data->normalised = v[SCALE].given || v[MEAN].given || v[STD].given;
    ok = ok && per_channel(&o, "mean", &v[MEAN], shape, &data->mean);
    ok = ok && per_channel(&o, "std", &v[STD], shape, &data->deviation);
    data->array = v[ARRAY].text;
    data->windows = (int)v[WINDOWS].number[0];
    data->offset = (int)v[OFFSET].number[0];
    if (ok && data->offset && !data->windows) {
        diag_error(f->diag, options_loc(&o, "offset"),
                   "%s: offset goes with windows: { windows = 1, offset = %d }", o.what,
                   data->offset);
        ok = false;
    }
    if (ok && v[NAMES].given) ok = read_names(&o, v[NAMES].stack, classes, data);
    lua_settop(L, top);
    return ok;
}

static bool per_channel_equal(const PerChannel *a, const PerChannel *b) {
    return a->measured == b->measured && a->n == b->n &&
           (a->n == 0 || !memcmp(a->values, b->values, (size_t)a->n * sizeof *a->values));
}

bool field_options_equal(const FieldData *a, const FieldData *b) {
    bool same =
        a->normalised == b->normalised && a->scale == b->scale &&
        per_channel_equal(&a->mean, &b->mean) && per_channel_equal(&a->deviation, &b->deviation) &&
        a->windows == b->windows && a->offset == b->offset &&
        !strcmp(a->array ? a->array : "", b->array ? b->array : "") && a->n_classes == b->n_classes;
    for (int i = 0; same && i < a->n_classes; i++) same = !strcmp(a->classes[i], b->classes[i]);
    return same;
}

void field_options_register(lua_State *L) {
    static const char *const names[] = {"nn.input.options", "nn.label.options"};
    int at[N_OPTIONS];
    for (int label = 0; label < 2; label++) {
        OptionSpec *list = ARENA_ARRAY(front_of(L)->arena, OptionSpec, N_OPTIONS);
        word_class(L, names[label], list, specs_of(label, list, at), NULL);
    }
}
