/* What the Python package calls besides nn.h: a description of a model, and handles with threads.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

#include "../runtime/team.h"

/* Text that is counted, and kept where it has room. */
typedef struct Text {
    char *to;
    size_t room, size;
} Text;

static void put(Text *t, const char *text) {
    for (; *text; text++, t->size++)
        if (t->size + 1 < t->room) t->to[t->size] = *text;
}

static void put_whole(Text *t, int64_t value) {
    char digits[NN_WORDS] = "";
    nn_say(digits, NULL, value);
    put(t, digits);
}

static void put_string(Text *t, const char *text) {
    static const char hex[] = "0123456789abcdef";
    put(t, "\"");
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        const char plain[] = {*text, '\0'};
        const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15], '\0'};
        put(t, c < ' ' || c == '"' || c == '\\' ? escape : plain);
    }
    put(t, "\"");
}

/* "name": in an object that has members already if `more`. */
static void put_name(Text *t, bool more, const char *name) {
    if (more) put(t, ",");
    put_string(t, name);
    put(t, ":");
}

static void put_number(Text *t, const char *name, int64_t value) {
    put_name(t, true, name);
    put_whole(t, value);
}

static void put_shape(Text *t, int rank, const int *dim) {
    put_name(t, true, "shape");
    for (int i = 0; i < rank; i++) {
        put(t, i ? "," : "[");
        put_whole(t, dim[i]);
    }
    put(t, rank ? "]" : "[]");
}

static void put_field(Text *t, const NnField *field) {
    put(t, "{");
    put_name(t, false, "name");
    put_string(t, field->name);
    put_number(t, "kind", field->kind);
    put_number(t, "classes", field->classes);
    put_number(t, "predicts", field->predicts);
    put_shape(t, field->rank, field->dim);
    put_name(t, true, "class_names");
    for (int i = 0; field->names && i < field->classes; i++) {
        put(t, i ? "," : "[");
        put_string(t, field->names[i]);
    }
    put(t, field->names ? "]}" : "null}");
}

static void put_output(Text *t, const NnOutput *output) {
    put(t, "{");
    put_name(t, false, "name");
    put_string(t, output->name);
    put_number(t, "count", output->count);
    put_number(t, "classes", output->classes);
    put(t, "}");
}

static void put_param(Text *t, const NnParam *param) {
    put(t, "{");
    put_name(t, false, "name");
    put_string(t, param->name);
    put_number(t, "role", param->role);
    put_shape(t, param->rank, param->dim);
    put(t, "}");
}

static void put_phase(Text *t, const NnPhase *phase) {
    put(t, "{");
    put_name(t, false, "optimizer");
    put_string(t, phase->optimizer);
    put_number(t, "epochs", phase->epochs);
    put_number(t, "steps", phase->steps);
    put_number(t, "batch", phase->batch);
    put_name(t, true, "trained");
    put(t, "[");
    for (int i = 0; i < phase->n_trained; i++) {
        if (i) put(t, ",");
        put_whole(t, phase->trained[i]);
    }
    put(t, "]}");
}

size_t nnpy_describe(const NnModel *model, char *to, size_t room) {
    Text t = {to, room, 0};
    if (model->abi != NN_ABI) return 0;
    put(&t, "{");
    put_name(&t, false, "name");
    put_string(&t, model->name);
    put_name(&t, true, "version");
    put_string(&t, model->version);
    put_name(&t, true, "fields");
    put(&t, "[");
    for (int i = 0; i < model->n_fields; i++)
        put(&t, i ? "," : ""), put_field(&t, &model->fields[i]);
    put(&t, "]");
    put_name(&t, true, "params");
    put(&t, "[");
    for (int i = 0; i < model->n_params; i++)
        put(&t, i ? "," : ""), put_param(&t, &model->params[i]);
    put(&t, "]");
    put_name(&t, true, "ties");
    put(&t, "[");
    for (int i = 0; i < model->n_ties; i++) {
        put(&t, i ? ",[" : "[");
        put_string(&t, model->ties[i].name);
        put(&t, ",");
        put_whole(&t, model->ties[i].param);
        put(&t, "]");
    }
    put(&t, "]");
    put_name(&t, true, "phases");
    put(&t, "[");
    for (int i = 0; i < model->n_phases; i++)
        put(&t, i ? "," : ""), put_phase(&t, &model->phases[i]);
    put(&t, "]");
    put_name(&t, true, "predictions");
    put(&t, "[");
    for (int i = 0; i < model->n_predictions; i++)
        put(&t, i ? "," : ""), put_output(&t, &model->predictions[i]);
    put(&t, "]");
    put_name(&t, true, "metrics");
    put(&t, "[");
    for (int i = 0; i < model->n_metrics; i++)
        put(&t, i ? "," : ""), put_output(&t, &model->metrics[i]);
    put(&t, "]}");
    if (t.room) t.to[t.size < t.room ? t.size : t.room - 1] = '\0';
    return t.size;
}

struct NnPy {
    Nn *net;
    Team *team; /* NULL: the calling thread alone */
};

NnPy *nnpy_open(const NnModel *model, const NnPy *owner, int batch, int threads, const char *isa,
                const NnType *types, char *words) {
    NnPy *py = malloc(sizeof *py);
    int started = 0;
    const char *problem = py ? NULL : "out of memory";
    if (!problem && threads > TEAM_MAX) problem = "too many threads";
    if (!problem) *py = (NnPy){NULL, threads > 1 ? team_start(threads, &started) : NULL};
    if (!problem && threads > 1 && !py->team) problem = "a thread cannot be started";
    if (!problem) {
        const NnOptions options = {.batch = batch,
                                   .threads = threads,
                                   .parallel = py->team ? team_run : NULL,
                                   .team = py->team,
                                   .isa = isa,
                                   .types = types};
        py->net = owner ? nn_share(owner->net, &options, words) : nn_open(model, &options, words);
        if (py->net) return py;
        if (py->team) team_end(py->team);
    } else {
        words[0] = '\0';
        nn_say(words, problem, 0);
    }
    free(py);
    return NULL;
}

void nnpy_close(NnPy *py) {
    if (!py) return;
    nn_close(py->net);
    if (py->team) team_end(py->team);
    free(py);
}

bool nnpy_begin(NnPy *py, int phase, int64_t samples, int batch, int64_t length, uint64_t seed) {
    return nn_begin(py->net, &(NnTraining){phase, samples, batch, length, seed});
}

Nn *nnpy_net(const NnPy *py) {
    return py->net;
}

int nnpy_processors(void) {
    return team_processors();
}
