/* The model's constant tables, access to parameters in PyTorch's order, sizes of memory, and the
 * one exported symbol. */
#include <string.h>

#include "../isa/isa.h"
#include "parts.h"
#include "summary.h"

static const char *dims_text(Arena *arena, Shape s) {
    const char *text = "{";
    for (int i = 0; i < s.rank; i++)
        text = arena_printf(arena, "%s%s%d", text, i ? ", " : "", s.dim[i]);
    return s.rank ? arena_printf(arena, "%s}", text) : "{0}";
}

/* A line of text as a string literal. Names of files may have any bytes: bytes that C would read
 * otherwise are written as numbers. */
static const char *literal(Arena *arena, const char *text, size_t length) {
    char *escaped = ARENA_ARRAY(arena, char, 4 * length + 3), *to = escaped;
    *to++ = '"';
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c > '~' || c == '\\' || c == '?') {
            to += snprintf(to, 5, "\\%03o", c);
            continue;
        }
        if (c == '"') *to++ = '\\';
        *to++ = (char)c;
    }
    *to = '"';
    return escaped;
}

/* The numbers of a field that the architecture states, for each channel or column; NULL: none. */
static const char *write_moments(Emission *em, const char *name, int field, int n,
                                 const PerChannel *stated, double preset) {
    if (stated->measured) return "NULL";
    Writer *list = writer_new(em->arena);
    for (int i = 0; i < n; i++)
        w_raw(list, arena_printf(em->arena, "%s%.17g", i ? ", " : "",
                                 stated->n == 0 ? preset : stated->values[stated->n == 1 ? 0 : i]));
    const char *array = arena_printf(em->arena, "nn_%s_%d", name, field);
    w_line(em->w, "static const double %s[%d] = {%s};", array, n, writer_text(list));
    return array;
}

/* The members of NnField that options give. */
static const char *write_field_options(Emission *em, int i) {
    const FieldData *data = graph_field(em->plan->graph, em->plan->fields[i]->name);
    const FieldNormal *normal = &em->plan->field_normals[i];
    const char *text = "";
    if (!data) return text;
    if (data->n_classes) {
        Writer *list = writer_new(em->arena);
        for (int k = 0; k < data->n_classes; k++) {
            if (k) w_raw(list, ", ");
            w_raw(list, literal(em->arena, data->classes[k], strlen(data->classes[k])));
        }
        w_line(em->w, "static const char *const nn_names_%d[%d] = {%s};", i, data->n_classes,
               writer_text(list));
        text = arena_printf(em->arena, ", .names = nn_names_%d", i);
    }
    if (data->ignores)
        text = arena_printf(em->arena, "%s, .ignores = true, .ignored = %d", text, data->ignored);
    if (data->array) text = arena_printf(em->arena, "%s, .array = \"%s\"", text, data->array);
    if (data->windows)
        text = arena_printf(em->arena, "%s, .windows = %d, .offset = %d", text, data->windows,
                            data->offset);
    if (!normal->moments) return text;
    const char *mean = write_moments(em, "mean", i, normal->moments, &data->mean, 0);
    const char *deviation = write_moments(em, "deviation", i, normal->moments, &data->deviation, 1);
    return arena_printf(em->arena, "%s, .normal = {%d, %d, %s, %.17g, %s, %s}", text,
                        normal->moments, normal->run, data->bytes ? "true" : "false", data->scale,
                        mean, deviation);
}

void emit_fields(Emission *em) {
    const Plan *p = em->plan;
    if (!p->n_fields) return;
    const char **options = ARENA_ARRAY(em->arena, const char *, p->n_fields);
    for (int i = 0; i < p->n_fields; i++) options[i] = write_field_options(em, i);
    w_open(em->w, "static const NnField nn_fields[%d] =", p->n_fields);
    for (int i = 0; i < p->n_fields; i++) {
        const Node *f = p->fields[i];
        w_line(em->w,
               "{.name = \"%s\", .kind = %s, .rank = %d, .dim = %s, .count = %lld, .classes = %d, "
               ".predicts = %s%s},",
               f->name, p->field_kinds[i], f->type.shape.rank, dims_text(em->arena, f->type.shape),
               (long long)shape_count(f->type.shape), f->type.classes,
               p->field_predicts[i] ? "true" : "false", options[i]);
    }
    w_close_with(em->w, ";");
    w_line(em->w, "%s", "");
}

static const char *role_text(const Node *tensor) {
    static const char *const roles[] = {"NN_STATE", "NN_COUNT", "NN_FIXED"};
    return strcmp(tensor->op->name, "state") ? "NN_WEIGHT" : roles[node_int(tensor, "role")];
}

static void write_params(Emission *em) {
    const Plan *p = em->plan;
    if (!p->n_params) return;
    w_open(em->w, "static const NnParam nn_params[%d] =", p->n_params);
    for (int i = 0; i < p->n_params; i++) {
        const Node *n = p->params[i].node;
        w_line(em->w, "{\"%s\", %d, %s, %lld, %s, %.17g, %.17g, %d, %s},", n->name,
               n->type.shape.rank, dims_text(em->arena, n->type.shape),
               (long long)shape_count(n->type.shape), p->params[i].init, p->params[i].a,
               p->params[i].b, p->params[i].zero_row, role_text(n));
    }
    w_close_with(em->w, ";");
}

/* The index of the parameter that the tie names, -1: it is not in the plan. */
static int tied_param(const Plan *p, const Tie *tie) {
    for (int i = 0; i < p->n_params; i++)
        if (!strcmp(p->params[i].node->name, tie->param)) return i;
    return -1;
}

static int count_ties(const Plan *p) {
    int n = 0;
    for (int i = 0; i < p->graph->n_ties; i++) n += tied_param(p, &p->graph->ties[i]) >= 0;
    return n;
}

static void write_ties(Emission *em) {
    const Plan *p = em->plan;
    if (!count_ties(p)) return;
    w_open(em->w, "static const NnTie nn_ties[%d] =", count_ties(p));
    for (int i = 0; i < p->graph->n_ties; i++) {
        const Tie *tie = &p->graph->ties[i];
        if (tied_param(p, tie) >= 0) w_line(em->w, "{\"%s\", %d},", tie->name, tied_param(p, tie));
    }
    w_close_with(em->w, ";");
}

/* NnPlace of every parameter; before the sections, which derive copies from it. */
void emit_places(Emission *em) {
    const Plan *p = em->plan;
    w_open(em->w, "static const NnPlace nn_places[%d] =", p->n_params ? p->n_params : 1);
    for (int i = 0; i < p->n_params; i++) {
        const ParamPlace *q = &p->params[i];
        w_line(em->w, "{%lld, %lld, %d, %d, %d, %d, %d, %d}, /* %s */", (long long)q->value->offset,
               (long long)q->value->size, q->out, q->in, q->kh, q->kw, q->groups, q->block_in,
               emit_placed(em->arena, q->node->name, q->node->loc));
    }
    if (!p->n_params) w_line(em->w, "{0},");
    w_close_with(em->w, ";");
    w_line(em->w, "%s", "");
}

bool emit_is_mean(const Node *metric) {
    return metric->type.kind == KIND_SPLIT && op_is(metric->op, TRAIT_LOSS);
}

/* What the entry `next` gives of the prediction for a sample. */
static int64_t next_count(const Plan *p, const char *name) {
    const Entry *e = emit_next_entry(p);
    for (int i = 0; e && i < e->graph->n_predictions; i++)
        if (!strcmp(e->graph->predictions[i].name, name))
            return shape_count(e->graph->predictions[i].node->type.shape);
    return 0;
}

static void write_outputs(Emission *em, const char *name, const Named *list, int n) {
    if (!n) return;
    w_open(em->w, "static const NnOutput %s[%d] =", name, n);
    for (int i = 0; i < n; i++) {
        const Node *v = list[i].node;
        const bool mean = emit_is_mean(v);
        w_line(em->w, "{\"%s\", %lld, %d, %s, %s, %lld},", list[i].name,
               (long long)shape_count(v->type.shape), v->type.classes,
               mean || v->type.kind == KIND_SAMPLE ? "true" : "false",
               !mean && v->type.kind == KIND_SPLIT ? "true" : "false",
               (long long)next_count(em->plan, list[i].name));
    }
    w_close_with(em->w, ";");
}

/* An array of the lines of a text, a NULL behind the last. */
static void write_text(Emission *em, const char *name, const char *text) {
    w_open(em->w, "static const char *const %s[] =", name);
    for (const char *line = text; *line;) {
        const size_t length = strcspn(line, "\n");
        w_line(em->w, "%s,", literal(em->arena, line, length));
        line += length + (line[length] == '\n');
    }
    w_line(em->w, "NULL,");
    w_close_with(em->w, ";");
}

static int write_kernels(Emission *em) {
    const Plan *p = em->plan;
    int n = 0;
    w_open(em->w, "static const NnKernel nn_kernels[] =");
    for (int i = 0; i < p->n_entries; i++) {
        const Entry *e = p->entries[i];
        if (!emit_traced(e)) continue;
        const char *const *names = emit_kernel_names(em->arena, e);
        const Phase *phase = e->phase < 0 ? NULL : &p->graph->phases[e->phase];
        const int number = phase ? graph_phase_number(p->graph, e->phase) : -1;
        const char *of =
            phase && phase->members ? arena_printf(em->arena, "%d/", phase->member + 1) : "";
        for (int j = 0; j < e->n_kernels; j++, n++)
            w_line(em->w, "{\"%s%s\", %d, %lld},", of, names[j], number,
                   (long long)e->kernels[j]->flops);
        if (e->kind != ENTRY_TRAIN) continue;
        w_line(em->w, "{\"%s%s\", %d, 0},", of, phase_update(&p->phases[e->phase])->name, number);
        w_line(em->w, "{\"%sweight_copies\", %d, 0},", of, number);
        n += 2;
    }
    w_close_with(em->w, ";");
    return n;
}

static void write_memory(Emission *em) {
    const Plan *p = em->plan;
    Writer *w = em->w;
    const bool trains = !em->info->inference && p->graph->n_phases;
    bool tensors = false;
    for (int i = 0; i < p->n_entries; i++) tensors = tensors || emit_has_tensors(p->entries[i]);
    w_line(w, "/* Room for every entry: sums of all chunks, rows of gradients, activations of the "
              "tasks at work (of all");
    w_line(w,
           "   chunks where an entry has stages), scratch memory and fields of other types of the "
           "tasks. */");
    w_open(w, "static size_t nn_work_bytes_among(int batch, int threads, const NnPeers *peers)");
    if (!trains) w_line(w, "(void)peers;");
    w_open(w,
           "static const struct { size_t sums, gradient, sample, scratch, fields; int stages;%s } "
           "entries[%d] =",
           tensors ? " size_t tensors, parts;" : "", p->n_entries);
    for (int i = 0; i < p->n_entries; i++)
        w_line(w, "{%d, %lld, %lld, %lld, %lld, %d%s}, /* %s */",
               round_up(2 * p->entries[i]->n_sums, LANES),
               (long long)p->entries[i]->gradient_floats, (long long)p->entries[i]->sample_floats,
               (long long)p->entries[i]->scratch_floats,
               (long long)entry_field_floats(p->entries[i], NULL), p->entries[i]->stages,
               tensors ? arena_printf(em->arena, ", %lld, %lld",
                                      (long long)p->entries[i]->tensor_floats,
                                      (long long)p->entries[i]->partial_floats)
                       : "",
               p->entries[i]->name);
    w_close_with(w, ";");
    w_line(w, "const size_t chunks = (size_t)nn_chunks(batch);");
    w_line(w, "const size_t tasks = threads < 1 ? 1 : (size_t)threads < chunks ? (size_t)threads : "
              "chunks;");
    w_line(w, "/* Smaller batches may have larger chunks. */");
    w_line(w, "size_t capacity = 2 * NN_CHUNK_MIN < batch ? 2 * NN_CHUNK_MIN : (size_t)batch;");
    w_line(w, "if (capacity < nn_capacity(batch)) capacity = nn_capacity(batch);");
    w_line(w, "size_t most = 0;");
    w_open(w, "for (int i = 0; i < %d; i++)", p->n_entries);
    w_line(w, "const size_t areas = entries[i].stages > 1 ? chunks : tasks;");
    w_line(w,
           "const size_t floats = chunks * entries[i].sums + %sareas * capacity * "
           "entries[i].sample + tasks * (entries[i].scratch + capacity * entries[i].fields)%s;",
           trains ? "(entries[i].gradient ? nn_room((int)chunks, (int)tasks, peers, "
                    "entries[i].gradient) : 0) + "
                  : "",
           tensors ? " + entries[i].tensors + chunks * entries[i].parts" : "");
    w_line(w, "if (floats > most) most = floats;");
    w_close(w);
    w_line(w, "return most * sizeof(float) + NN_ALIGN;");
    w_close(w);
    w_open(w, "static size_t nn_work_bytes(int batch, int threads)");
    w_line(w, "return nn_work_bytes_among(batch, threads, NULL);");
    w_close(w);
}

/* A statement that leaves a function of NnModel whose arguments break the contract. */
static void check_access(Emission *em, const char *arguments) {
    w_line(em->w, "if (nn_broken_access(&%s, %s)) return;", emit_symbol(em->arena, em->plan->graph),
           arguments);
}

static bool any_normal(const Plan *p) {
    return p->normal_floats > 0;
}

/* Means and deviations of fields; none where no field is normalised. */
static void write_normals(Emission *em) {
    const Plan *p = em->plan;
    Writer *w = em->w;
    if (!any_normal(p)) return;
    const char *symbol = emit_symbol(em->arena, p->graph), *list = "";
    for (int i = 0; i < p->n_fields; i++)
        list =
            arena_printf(em->arena, "%s%s%lld", list, i ? ", " : "",
                         p->field_normals[i].moments ? (long long)p->field_normals[i].offset : 0LL);
    w_line(w, "/* Where the state has the moments of each field that is normalised. */");
    w_line(w, "static const int64_t nn_normal_at[%d] = {%s};", p->n_fields, list);
    w_open(w, "static void nn_get_moments(const void *state, int field, double *mean, double "
              "*deviation)");
    w_line(w, "if (nn_broken_normal(&%s, \"get_normal\", state, field, mean, deviation)) return;",
           symbol);
    w_line(w, "const float *from = (const float *)state + nn_normal_at[field];");
    w_line(w, "const size_t bytes = (size_t)nn_fields[field].normal.moments * sizeof(double);");
    w_line(w, "NN_COPY(mean, from, bytes);");
    w_line(w, "NN_COPY(deviation, from + bytes / sizeof(float), bytes);");
    w_close(w);
    w_open(w, "static void nn_put_moments(void *state, int field, const double *mean, const double "
              "*deviation)");
    w_line(w, "if (nn_broken_normal(&%s, \"set_normal\", state, field, mean, deviation)) return;",
           symbol);
    w_line(w, "nn_set_moments(&nn_fields[field].normal, (float *)state + nn_normal_at[field], "
              "mean, deviation);");
    w_close(w);
}

static void write_access(Emission *em) {
    const Plan *p = em->plan;
    Writer *w = em->w;
    int phases = em->info->inference ? 0 : p->graph->n_phases;
    w_line(w, "/* Floats from the start of a phase's gradients, and of each of its moments; -1: "
              "not trained. */");
    w_open(w, "static const int64_t nn_gradient_of[%d][%d] =", phases ? phases : 1,
           p->n_params ? p->n_params : 1);
    for (int i = 0; i < phases; i++) {
        const char *list = "";
        for (int j = 0; j < p->n_params; j++)
            list = arena_printf(em->arena, "%s%s%lld", list, j ? ", " : "",
                                (long long)p->phases[i].gradient_of[j]);
        w_line(w, "{%s},", list);
    }
    if (!phases) w_line(w, "{0},");
    w_close_with(w, ";");
    const char *sizes = "", *sums = "";
    for (int i = 0; i < phases; i++) {
        sizes = arena_printf(em->arena, "%s%s%lld", sizes, i ? ", " : "",
                             (long long)p->phases[i].gradient_floats);
        int n_sums = 0;
        for (int j = 0; j < p->n_entries; j++)
            if (p->entries[j]->kind == ENTRY_TRAIN && p->entries[j]->phase == i)
                n_sums = p->entries[j]->n_sums;
        sums = arena_printf(em->arena, "%s%s%d", sums, i ? ", " : "", round_up(2 * n_sums, LANES));
    }
    w_line(w, "static const int64_t nn_gradient_floats[] = {%s};", phases ? sizes : "0");
    w_line(w, "static const int nn_sum_floats[] = {%s};", phases ? sums : "0");
    w_open(w, "static size_t nn_slot(int phase, int slot, int param)");
    if (p->average_offset >= 0)
        w_line(w, "if (slot == NN_AVERAGE) return (size_t)(%lld + nn_places[param].offset);",
               (long long)p->average_offset);
    w_line(w, "if (slot == 0) return nn_places[param].offset;");
    emit_slot_place(em);
    w_close(w);
    w_open(w, "static void nn_get(const void *state, int phase, int slot, int param, float *out)");
    check_access(em, "NN_GET, state, phase, slot, param, out");
    w_line(
        w,
        "nn_export(&nn_places[param], (const float *)state + nn_slot(phase, slot, param), out);");
    w_close(w);
    w_open(w, "static void nn_set(void *state, int phase, int slot, int param, const float *in)");
    check_access(em, "NN_SET, state, phase, slot, param, in");
    w_line(w, "nn_import(&nn_places[param], in, (float *)state + nn_slot(phase, slot, param));");
    w_close(w);
    w_open(w, "static void nn_reset(void *state, int phase)");
    check_access(em, "NN_RESET, state, phase, 0, -1, NULL");
    w_line(w, "NN_ZERO((float *)state + %lld, %lld);", (long long)p->moment_offset,
           (long long)(p->state_floats - p->moment_offset) * 4);
    if (p->average_offset >= 0)
        w_line(w, "NN_COPY((float *)state + %lld, state, %lld);", (long long)p->average_offset,
               (long long)p->param_floats * 4);
    w_close(w);
    w_open(w, "static void nn_get_gradient(const NnCall *call, int param, float *out)");
    check_access(em, "NN_GET_GRADIENT, call->work, call->phase, 0, param, out");
    const bool turns = emit_takes_turns(em);
    const char *of = turns ? "of" : "call->phase";
    if (turns) {
        w_line(w, "const int of = %s;", emit_turn(em));
        w_open(w, "if (nn_gradient_of[of][param] < 0)");
        w_line(w, "NN_ZERO(out, (size_t)nn_params[param].count * sizeof *out);");
        w_line(w, "return;");
        w_close(w);
    }
    w_line(w, "/* The sum of all chunks is the first row. */");
    w_line(w, "const size_t sums = (size_t)nn_chunks(call->batch) * (size_t)nn_sum_floats[%s];",
           of);
    w_line(w,
           "nn_export(&nn_places[param], (const float *)call->work + sums + "
           "nn_gradient_of[%s][param], out);",
           of);
    w_close(w);
    if (phases) emit_moments(em);
    write_normals(em);
    w_line(w, "%s", "");
}

int emit_sums(const Plan *plan) {
    int most = 0;
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        if (e->kind == ENTRY_EVALUATE && 1 + e->n_sums > most) most = 1 + e->n_sums;
    }
    return most;
}

void emit_tables(Emission *em) {
    const Plan *p = em->plan;
    const Graph *g = p->graph;
    Writer *w = em->w;
    bool inference = em->info->inference;
    const Entry *next = emit_next_entry(p);
    write_params(em);
    write_ties(em);
    emit_phases(em);
    if (!inference) write_outputs(em, "nn_metrics", g->metrics, g->n_metrics);
    write_outputs(em, "nn_predictions", g->predictions, g->n_predictions);
    write_text(em, "nn_summary", emit_summary(em->arena, g));
    int kernels = write_kernels(em);
    write_access(em);
    write_memory(em);
    emit_dispatch(em, "_score", ENTRY_EVALUATE, "nn", "NN_SCORE", "");
    write_text(em, "nn_graph", em->info->graph);
    w_open(w, "static const NnCode nn_codes[] =");
    int codes = 0;
    for (int i = 0; em->info->isas[i]; i++, codes++) {
        const Isa *isa = em->info->isas[i];
        if (isa->machine) w_raw(w, arena_printf(em->arena, "#if %s\n", isa->machine));
        w_line(w,
               "{\"%s\", nn_supported%s, nn_prepare%s, nn_train%s, nn_gradient%s, nn_evaluate%s, "
               "nn_predict%s, %d, nn_peak%s, %s%s},",
               isa->name, isa->suffix, isa->suffix, isa->suffix, isa->suffix, isa->suffix,
               isa->suffix, isa->width * emit_chains(isa), isa->suffix, next ? "nn_next" : "NULL",
               next ? isa->suffix : "");
        if (isa->machine) w_raw(w, "#endif\n");
    }
    w_close_with(w, ";");
    w_line(w, "%s", "");
    w_open(w, "const NnModel %s =", emit_symbol(em->arena, g));
    w_line(w, ".abi = %d, .name = \"%s\", .data = %s, .version = \"%s\",", MODEL_ABI, g->name,
           g->data ? arena_printf(em->arena, "\"%s\"", g->data) : "NULL", em->info->version);
    w_line(w, ".source = \"%s\",", em->info->source);
    w_line(w, ".source_sha256 = \"%s\",", em->info->sha256);
    w_line(w, ".graph = nn_graph, .summary = nn_summary,");
    w_line(w,
           ".n_fields = %d, .n_params = %d, .n_phases = %d, .n_metrics = %d, .n_predictions = %d,",
           p->n_fields, p->n_params, inference ? 0 : graph_phase_number(g, g->n_phases - 1) + 1,
           inference ? 0 : g->n_metrics, g->n_predictions);
    w_line(w, ".n_kernels = %d, .n_codes = (int)(sizeof nn_codes / sizeof *nn_codes),", kernels);
    w_line(w, ".fields = %s, .params = %s, .phases = %s, .metrics = %s, .predictions = %s,",
           p->n_fields ? "nn_fields" : "NULL", p->n_params ? "nn_params" : "NULL",
           inference ? "NULL" : "nn_phases", !inference && g->n_metrics ? "nn_metrics" : "NULL",
           g->n_predictions ? "nn_predictions" : "NULL");
    if (count_ties(p)) w_line(w, ".n_ties = %d, .ties = nn_ties,", count_ties(p));
    w_line(w, ".n_sums = %d, .score = nn_score,", emit_sums(p));
    w_line(w, ".kernels = nn_kernels, .codes = nn_codes,");
    w_line(w, ".state_bytes = %lld, .work_bytes = nn_work_bytes, .chunks = nn_chunks,",
           (long long)p->state_floats * 4);
    if (next)
        w_line(w, ".places = %d, .cache_bytes = %lld,", next->places,
               (long long)next->cache_floats * 4);
    w_line(w, ".work_bytes_among = nn_work_bytes_among,%s",
           inference ? "" : " .samples = nn_samples, .gather_moments = nn_gather_moments,");
    w_line(w, ".get = nn_get, .set = nn_set, .reset = nn_reset, .get_gradient = nn_get_gradient,");
    if (any_normal(p)) w_line(w, ".get_normal = nn_get_moments, .set_normal = nn_put_moments,");
    w_close_with(w, ";");
}
