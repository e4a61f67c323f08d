/* Parameters, means and deviations in a safetensors file. Part of nn.c. */
#ifndef NN_RUNTIME_NN_TENSORS_H
#define NN_RUNTIME_NN_TENSORS_H

#include "header.h"

enum { TENSOR_MAX_RANK = 8, TENSOR_BLOCK = 512 };

/* Element types by the file's names. */
static const struct {
    const char *name;
    NnType type;
} tensor_types[] = {{"F32", NN_F32}, {"F64", NN_F64}, {"F16", NN_F16}, {"BF16", NN_BF16},
                    {"I64", NN_I64}, {"I32", NN_I32}, {"I16", NN_I16}, {"I8", NN_I8},
                    {"U16", NN_U16}, {"U8", NN_U8}};

/* A tensor of the file, as its header describes it. */
typedef struct Entry {
    char type[NAME_ROOM]; /* "F32" */
    int rank;
    uint64_t dim[TENSOR_MAX_RANK];
    uint64_t begin, end; /* bytes of the data part */
} Entry;

/* Where the file has a name of the model. */
typedef struct Place {
    uint64_t at; /* byte of the file; 0: nowhere */
    NnType type;
} Place;

/* Means and deviations of a field that the file has. */
typedef struct Moments {
    double *mean, *deviation; /* [moments] */
    bool has_mean, has_deviation;
} Moments;

/* What of a model a file has. */
typedef struct Contents {
    const NnModel *model;
    Place *places;    /* [n_params], then [n_ties] */
    Moments *moments; /* [n_fields] */
    char *words;      /* what is wrong, of NN_WORDS bytes */
    /* Of `label`, unless NULL: its metadata goes to `room`, of `bytes` bytes. */
    const NnField *label;
    char *room;
    size_t bytes;
    bool named;
} Contents;

static bool wrong(Contents *c, const char *name, const char *what) {
    c->words[0] = '\0';
    if (*name) {
        nn_say(c->words, "tensor \"", 0);
        nn_say(c->words, name, 0);
        nn_say(c->words, "\": ", 0);
    }
    nn_say(c->words, what, 0);
    return false;
}

static bool has_floats(NnType type) {
    return type == NN_F32 || type == NN_F64 || type == NN_F16 || type == NN_BF16;
}

/* Older files of PyTorch, and layers without parameters, lack some tensors. */
static bool may_lack(const NnParam *param) {
    return param->role == NN_COUNT || param->role == NN_FIXED;
}

/* {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, members in any order. */
static void read_entry(Reader *r, Entry *entry) {
    char key[NAME_ROOM];
    unsigned seen = 0;
    expect(r, '{');
    do {
        read_string(r, key);
        expect(r, ':');
        if (strcmp(key, "dtype") == 0 && !(seen & 1)) {
            read_string(r, entry->type);
            seen |= 1;
        } else if (strcmp(key, "shape") == 0 && !(seen & 2)) {
            expect(r, '[');
            for (entry->rank = 0; !r->bad && peek_token(r) != ']'; entry->rank++) {
                if (entry->rank > 0) expect(r, ',');
                if (entry->rank == TENSOR_MAX_RANK) r->bad = true;
                if (!r->bad) entry->dim[entry->rank] = read_whole(r);
            }
            expect(r, ']');
            seen |= 2;
        } else if (strcmp(key, "data_offsets") == 0 && !(seen & 4)) {
            expect(r, '[');
            entry->begin = read_whole(r);
            expect(r, ',');
            entry->end = read_whole(r);
            expect(r, ']');
            seen |= 4;
        } else {
            r->bad = true;
        }
    } while (accept(r, ','));
    expect(r, '}');
    if (seen != 7) r->bad = true;
}

/* Index among parameters and then ties, -1 for another name. */
static int name_index(const NnModel *model, const char *name) {
    for (int i = 0; i < model->n_params; i++)
        if (strcmp(model->params[i].name, name) == 0) return i;
    for (int i = 0; i < model->n_ties; i++)
        if (strcmp(model->ties[i].name, name) == 0) return model->n_params + i;
    return -1;
}

static const NnParam *param_at(const NnModel *model, int index) {
    return &model->params[index < model->n_params ? index
                                                  : model->ties[index - model->n_params].param];
}

static void say_shape(char *words, const Entry *entry) {
    for (int i = 0; i < entry->rank; i++) {
        nn_say(words, i ? ", " : "(", 0);
        nn_say(words, NULL, (int64_t)entry->dim[i]);
    }
    nn_say(words, entry->rank ? ")" : "()", 0);
}

/* Whether the entry is the parameter, and lies in the file. `data`: where its data part begins. */
static bool take_entry(Contents *c, const char *name, const Entry *entry, uint64_t data,
                       uint64_t size) {
    const int index = name_index(c->model, name);
    if (entry->begin > entry->end || entry->end > size - data)
        return wrong(c, name, "lies outside of the file");
    /* Checkpoints have moments and raw weights there. */
    if (index < 0)
        return strncmp(name, "state/", 6) == 0 || wrong(c, name, "the model has none of that name");
    const NnParam *param = param_at(c->model, index);
    if (c->places[index].at) return wrong(c, name, "the file has it twice");
    bool same = entry->rank == param->rank;
    for (int i = 0; same && i < param->rank; i++) same = entry->dim[i] == (uint64_t)param->dim[i];
    if (!same) {
        Entry wanted = {.rank = param->rank};
        for (int i = 0; i < param->rank; i++) wanted.dim[i] = (uint64_t)param->dim[i];
        wrong(c, name, "shape ");
        say_shape(c->words, entry);
        nn_say(c->words, ", ", 0);
        say_shape(c->words, &wanted);
        nn_say(c->words, " wanted", 0);
        return false;
    }
    NnType type = NN_PLAIN;
    for (size_t i = 0; i < sizeof tensor_types / sizeof *tensor_types; i++)
        if (strcmp(tensor_types[i].name, entry->type) == 0) type = tensor_types[i].type;
    if (type == NN_PLAIN || has_floats(type) == (param->role == NN_COUNT))
        return wrong(c, name,
                     param->role == NN_COUNT ? "its type is not the wanted one, I64"
                                             : "its type is not F32, F64, F16 or BF16");
    if (entry->end - entry->begin != (uint64_t)param->count * (uint64_t)nn_type_size(type))
        return wrong(c, name, "its bytes are not those of its shape");
    c->places[index] = (Place){data + entry->begin, type};
    return true;
}

/* Whether `key` is that of the field's mean or deviation: `input.image.mean`. */
static bool is_key(const char *key, const NnField *field, const char *what) {
    const size_t n = strlen(field->name);
    return strncmp(key, "input.", 6) == 0 && strncmp(key + 6, field->name, n) == 0 &&
           key[6 + n] == '.' && strcmp(key + 7 + n, what) == 0;
}

/* Copies a string of the header; false, and the string is passed all the same, if it has no room.
 */
static bool copy_string(Reader *r, char *room, size_t bytes) {
    size_t n = 0;
    expect(r, '"');
    for (int c = string_byte(r); c >= 0; c = string_byte(r), n++)
        if (n + 1 < bytes) room[n] = (char)c;
    if (n < bytes) room[n] = '\0';
    return n < bytes && !r->bad;
}

static bool take_metadata(Reader *r, Contents *c, const char *key) {
    if (c->label && strncmp(key, "classes.", 8) == 0 && strcmp(key + 8, c->label->name) == 0) {
        c->named = copy_string(r, c->room, c->bytes);
        return true;
    }
    for (int i = 0; i < c->model->n_fields; i++) {
        const NnField *field = &c->model->fields[i];
        Moments *m = &c->moments[i];
        const bool mean = is_key(key, field, "mean");
        if (field->normal.moments == 0 || !(mean || is_key(key, field, "std"))) continue;
        *(mean ? &m->has_mean : &m->has_deviation) = true;
        if (read_numbers(r, field->normal.moments, !mean, mean ? m->mean : m->deviation))
            return true;
        wrong(c, "", "metadata ");
        nn_say(c->words, key, 0);
        nn_say(c->words, " is no list of ", 0);
        nn_say(c->words, NULL, field->normal.moments);
        nn_say(c->words, mean ? " numbers" : " numbers above 0", 0);
        return false;
    }
    char ignored[NAME_ROOM];
    read_string(r, ignored);
    return true;
}

static bool read_metadata(Reader *r, Contents *c) {
    char key[NAME_ROOM];
    expect(r, '{');
    if (accept(r, '}')) return true;
    do {
        read_string(r, key);
        expect(r, ':');
        peek_token(r);
        if (!take_metadata(r, c, key)) return false;
    } while (accept(r, ','));
    expect(r, '}');
    return true;
}

/* Finds all that the file has of the model. */
static bool find_tensors(Source *source, Contents *c) {
    static const char broken[] = "no safetensors file, or a broken or shortened one";
    unsigned char raw[8];
    uint64_t length = 0, bytes = 0;
    if (!source_read(source, 0, raw, sizeof raw)) return wrong(c, "", broken);
    for (int i = 7; i >= 0; i--) length = length << 8 | raw[i];
    if (length > source->size - sizeof raw) return wrong(c, "", broken);
    Reader r = {.source = source, .at = sizeof raw, .end = sizeof raw + length};
    expect(&r, '{');
    if (accept(&r, '}')) return r.bad ? wrong(c, "", broken) : true;
    do {
        char name[NAME_ROOM];
        read_string(&r, name);
        expect(&r, ':');
        if (r.bad) break;
        if (strcmp(name, "__metadata__") == 0) {
            if (!read_metadata(&r, c)) return false;
            continue;
        }
        Entry entry = {.rank = 0};
        read_entry(&r, &entry);
        if (r.bad) break;
        if (!take_entry(c, name, &entry, r.end, source->size)) return false;
        bytes += entry.end - entry.begin;
    } while (accept(&r, ','));
    expect(&r, '}');
    if (r.bad || peek_token(&r) >= 0) return wrong(c, "", broken);
    return bytes == source->size - r.end ||
           wrong(c, "", "the tensors are not all that is in the file: a broken or shortened one");
}

/* Reads elements of a tensor as floats; false, with words, if the file can't be read or one is not
 * finite. */
static bool read_values(Source *source, Contents *c, const char *name, Place place, int64_t count,
                        float *values) {
    double block[TENSOR_BLOCK]; /* aligned for all types */
    const int size = nn_type_size(place.type);
    for (int64_t first = 0; first < count; first += TENSOR_BLOCK) {
        const int64_t n = count - first < TENSOR_BLOCK ? count - first : TENSOR_BLOCK;
        const uint64_t at = place.at + (uint64_t)first * (uint64_t)size;
        if (!source_read(source, at, block, (size_t)n * (size_t)size))
            return wrong(c, name, "can't be read");
        for (int64_t i = 0; i < n; i++) {
            const float value = (float)nn_number(block, place.type, i);
            if (!isfinite(value)) return wrong(c, name, "holds a value that is not a finite float");
            values[first + i] = value;
        }
    }
    return true;
}

/* Whether the tie has the values of its parameter, where the file has both. */
static bool tie_agrees(Source *source, Contents *c, int tie) {
    const NnModel *model = c->model;
    const NnTie *t = &model->ties[tie];
    const Place a = c->places[t->param], b = c->places[model->n_params + tie];
    const int64_t count = model->params[t->param].count;
    float own[TENSOR_BLOCK], other[TENSOR_BLOCK];
    for (int64_t first = 0; a.at && b.at && first < count; first += TENSOR_BLOCK) {
        const int64_t n = count - first < TENSOR_BLOCK ? count - first : TENSOR_BLOCK;
        const Place a_part = {a.at + (uint64_t)(first * nn_type_size(a.type)), a.type};
        const Place b_part = {b.at + (uint64_t)(first * nn_type_size(b.type)), b.type};
        if (!read_values(source, c, model->params[t->param].name, a_part, n, own) ||
            !read_values(source, c, t->name, b_part, n, other))
            return false;
        if (memcmp(own, other, (size_t)n * sizeof *own) != 0)
            return wrong(c, t->name, "differs from the parameter that it is another name of");
    }
    return true;
}

/* Where the file has the parameter, under any of its names. */
static Place param_place(const Contents *c, int param) {
    Place place = c->places[param];
    for (int i = 0; i < c->model->n_ties && !place.at; i++)
        if (c->model->ties[i].param == param) place = c->places[c->model->n_params + i];
    return place;
}

/* ["a","b"] becomes n texts, each where it lies: it is no longer than its JSON. */
static bool split_names(char *json, int n, const char **names) {
    Source source = {.bytes = (const unsigned char *)json, .size = strlen(json)};
    Reader r = {.source = &source, .end = source.size};
    expect(&r, '[');
    for (int i = 0; i < n && !r.bad; i++) {
        if (i > 0) expect(&r, ',');
        expect(&r, '"');
        char *to = json + r.at - 1;
        names[i] = to;
        for (int c = string_byte(&r); c >= 0; c = string_byte(&r)) *to++ = (char)c;
        *to = '\0';
    }
    expect(&r, ']');
    return !r.bad && peek_token(&r) < 0;
}

/* Whether the file has all parameters of the model, with finite values. `room`: floats for the
 * largest one. */
static bool check_tensors(Source *source, Contents *c, float *room) {
    for (int i = 0; i < c->model->n_params; i++) {
        const NnParam *param = &c->model->params[i];
        const Place place = param_place(c, i);
        if (!place.at && !may_lack(param)) return wrong(c, param->name, "the file has none");
        if (place.at && !read_values(source, c, param->name, place, param->count, room))
            return false;
    }
    for (int i = 0; i < c->model->n_ties; i++)
        if (!tie_agrees(source, c, i)) return false;
    return true;
}

#endif
