/* The header beside a generated file: sizes and indices as constants, so that a program needs
 * neither to count fields nor to ask for memory at run time. */
#include <ctype.h>
#include <string.h>

#include "../isa/isa.h"
#include "parts.h"

typedef struct Header {
    const Plan *plan;
    Arena *arena;
    Writer *w;
    const char *prefix; /* "NN_AUX" */
} Header;

/* Converts to capitals; other characters than letters and digits become _. */
static char *capitals(Arena *arena, const char *name) {
    char *text = arena_strdup(arena, emit_identifier(arena, name));
    for (char *c = text; *c; c++) *c = (char)toupper((unsigned char)*c);
    return text;
}

/* Indices of one kind: NN_AUX_FIELD_LEFT = 0 and so on, then NN_AUX_FIELDS, their number. Names
 * that would be equal get _2, _3 ... */
static void write_indices(Header *h, const char *kind, const char *of, int n,
                          const char *(*name)(const Header *, int),
                          const char *(*words)(const Header *, int)) {
    const char **used = ARENA_ARRAY(h->arena, const char *, n + 1);
    w_line(h->w, "/* %s */", of);
    w_open(h->w, "enum");
    for (int i = 0; i < n; i++) {
        const char *text = capitals(h->arena, name(h, i)), *whole = text;
        for (int k = 0, serial = 2; k < i; k++)
            if (strcmp(used[k], whole) == 0) {
                whole = arena_printf(h->arena, "%s_%d", text, serial++);
                k = -1;
            }
        used[i] = whole;
        w_line(h->w, "%s_%s_%s = %d, /* %s */", h->prefix, kind, whole, i, words(h, i));
    }
    w_line(h->w, "%s_%sS = %d", h->prefix, kind, n);
    w_close_with(h->w, ";");
    w_line(h->w, "%s", "");
}

static const char *field_name(const Header *h, int i) {
    return h->plan->fields[i]->name;
}

static const char *field_words(const Header *h, int i) {
    const Node *f = h->plan->fields[i];
    const char *unread = h->plan->field_predicts[i] ? "" : "; predict does not read it";
    if (f->type.classes)
        return arena_printf(h->arena, "label, 0 to %d%s%s%s", f->type.classes - 1,
                            f->type.shape.rank ? ", of shape " : "",
                            f->type.shape.rank ? shape_text(h->arena, f->type.shape) : "", unread);
    const char *normal =
        h->plan->field_normals[i].moments ? ", normalised: see NnField.normal" : "";
    return arena_printf(h->arena, "float %s%s%s", shape_text(h->arena, f->type.shape), normal,
                        unread);
}

static const char *prediction_name(const Header *h, int i) {
    return h->plan->graph->predictions[i].name;
}

static const char *prediction_words(const Header *h, int i) {
    const Node *n = h->plan->graph->predictions[i].node;
    return n->type.classes ? arena_printf(h->arena, "class, 0 to %d", n->type.classes - 1)
                           : shape_text(h->arena, n->type.shape);
}

static const char *metric_name(const Header *h, int i) {
    return h->plan->graph->metrics[i].name;
}

static const char *metric_words(const Header *h, int i) {
    const Node *n = h->plan->graph->metrics[i].node;
    return emit_is_mean(n)              ? "mean of a value per sample"
           : n->type.kind == KIND_SPLIT ? "worked out of means over all samples"
                                        : "loss";
}

static const char *param_name(const Header *h, int i) {
    return h->plan->params[i].node->name;
}

static const char *param_words(const Header *h, int i) {
    return shape_text(h->arena, h->plan->params[i].node->type.shape);
}

/* As nn_work_bytes in the generated file has it, for one thread. */
static int64_t work_bytes(const Plan *plan, int batch) {
    const int64_t chunks = plan_chunks(plan, batch);
    int64_t capacity = 2 * plan->chunk_min, most = 0, rows = 1;
    while (chunks >> rows) rows++;
    if (capacity > batch) capacity = batch;
    if (capacity < (batch + chunks - 1) / chunks) capacity = (batch + chunks - 1) / chunks;
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        const int64_t areas = e->stages > 1 ? chunks : 1;
        const int64_t floats = chunks * round_up(2 * e->n_sums, LANES) + rows * e->gradient_floats +
                               areas * capacity * e->sample_floats + e->scratch_floats +
                               capacity * entry_field_floats(e, NULL);
        if (floats > most) most = floats;
    }
    return most * (int64_t)sizeof(float) + ALIGN_BYTES;
}

const char *emit_header(const Plan *plan, const EmitInfo *info, const char *c_file) {
    Arena *arena = plan->arena;
    const Graph *g = plan->graph;
    const char *symbol = emit_symbol(arena, g);
    Header h = {plan, arena, writer_new(arena),
                arena_printf(arena, "NN_%s", capitals(arena, g->name))};
    Writer *w = h.w;
    int batch = 1;
    for (int i = 0; i < g->n_phases; i++)
        if (g->phases[i].batch > batch) batch = g->phases[i].batch;
    w_line(w, "/* What a program needs of %s: " EMIT_HEADER_MARK " %s from %s. */", c_file,
           info->version, info->source);
    w_line(w, "#ifndef %s_MODEL_H", h.prefix);
    w_line(w, "#define %s_MODEL_H", h.prefix);
    w_line(w, "%s", "");
    w_line(w, "#include \"model.h\"");
    w_line(w, "%s", "");
    w_raw(w, emit_abi_check(arena, info));
    w_line(w, "%s", "");
    w_raw(w, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    w_line(w, "extern const NnModel %s;", symbol);
    w_raw(w, "#ifdef __cplusplus\n}\n#endif\n\n");
    w_line(w, "/* Bytes of NnCall.state, aligned to NN_ALIGN. */");
    w_line(w, "#define %s_STATE_BYTES %lld", h.prefix, (long long)plan->state_floats * 4);
    w_line(w, "/* A state that is ready, where a program has its weights as a constant: of nngen "
              "--weights, or");
    w_line(w, " * of `export --c` of a program. */");
    w_raw(w, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    w_line(w, "extern const uint32_t nn_weights_%s[%s_STATE_BYTES / 4];",
           emit_identifier(arena, g->name), h.prefix);
    w_raw(w, "#ifdef __cplusplus\n}\n#endif\n");
    w_line(w,
           "/* Bytes of NnCall.work, aligned to NN_ALIGN, for one thread and up to %d samples, the",
           batch);
    w_line(w, " * architecture's largest batch. %s.work_bytes tells those of others. */", symbol);
    w_line(w, "#define %s_WORK_BYTES %lld", h.prefix, (long long)work_bytes(plan, batch));
    w_line(w, "/* The same for one sample. */");
    w_line(w, "#define %s_WORK_BYTES_1 %lld", h.prefix, (long long)work_bytes(plan, 1));
    w_line(w, "%s", "");
    write_indices(&h, "FIELD", "Of NnCall.fields", plan->n_fields, field_name, field_words);
    write_indices(&h, "PREDICTION", "Of NnCall.predictions", g->n_predictions, prediction_name,
                  prediction_words);
    if (!info->inference) {
        write_indices(&h, "METRIC", "Of NnCall.metrics", g->n_metrics, metric_name, metric_words);
        w_line(w, "/* Doubles of NnCall.sums. */");
        w_line(w, "#define %s_SUMS %d", h.prefix, emit_sums(plan));
        w_line(w, "%s", "");
    }
    write_indices(&h, "PARAM", "Of NnModel.params, for get and set", plan->n_params, param_name,
                  param_words);
    w_line(w, "#endif");
    return writer_text(w);
}
