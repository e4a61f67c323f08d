/* The section of an instruction set: its vocabulary, kernel functions in order of execution, and
 * the functions that run each entry. */
#include "parts.h"

/* Declares the pointer to a field's elements of the chunk, as they are or made of them. */
static void write_field(Emission *em, const Entry *e, const char *name, const Buffer *b) {
    const FieldNormal *normal = &em->plan->field_normals[b->offset];
    const char *room =
        arena_printf(em->arena, "room + job->capacity * %lld", (long long)entry_field_floats(e, b));
    if (b->element == ELEMENT_INT)
        w_line(em->w,
               "const int32_t *const %s = nn_classes(call, nn_fields, %lld, first, n, (int32_t "
               "*)(%s));",
               name, (long long)b->offset, room);
    else if (normal->moments)
        w_line(
            em->w,
            "const float *const %s = nn_normal(call, nn_fields, %lld, state + %lld, first, n, %s);",
            name, (long long)b->offset, (long long)normal->offset, room);
    else
        w_line(em->w, "const float *const %s = nn_floats(call, nn_fields, %lld, first, n, %s);",
               name, (long long)b->offset, room);
}

/* Declares the pointer to a value of the chunk. */
static void write_pointer(Emission *em, const Entry *e, ValueNames names, const Buffer *b) {
    Writer *w = em->w;
    const char *name = emit_value_name(names, b), *type = emit_element_type(b);
    const long long offset = (long long)b->offset;
    switch (b->space) {
    case SPACE_STATE:
        w_line(w, "const float *const %s = state + %lld;", name, offset);
        return;
    case SPACE_FIELD:
        write_field(em, e, name, b);
        return;
    case SPACE_SAMPLE:
        if (b->whole) /* strides count elements */
            w_line(w, "%s *const %s = %s + (size_t)n * %lld;", type, name,
                   emit_value_name(names, b->whole), (long long)b->part * b->layout.stride);
        else if (b->element == ELEMENT_FLOAT)
            w_line(w, "float *const %s = area + job->capacity * %lld;", name, offset);
        else
            w_line(w, "%s *const %s = (void *)(area + job->capacity * %lld);", type, name, offset);
        return;
    case SPACE_GRADIENT:
        w_line(w, "float *const %s = gradient + %lld;", name, offset);
        return;
    case SPACE_SUM:
        w_line(w, "double *const %s = sums + %lld;", name, offset);
        return;
    case SPACE_PARTIAL:
        w_line(w, "float *const %s = parts + %lld;", name, offset);
        return;
    case SPACE_BATCH:
        w_line(w, "const float *const %s = job->tensors + %lld;", name, offset);
        return;
    case SPACE_OUTPUT:
        w_line(w, "float *const %s =", name);
        w_line(w,
               "    call->predictions && call->predictions[%lld] ? call->predictions[%lld] + "
               "(size_t)first * %lld : NULL;",
               offset, offset, (long long)shape_count(b->node->type.shape));
        return;
    case SPACE_CACHE:
        w_line(w,
               "float *const %s = (float *)call->cache + (size_t)call->batch * %lld + "
               "(size_t)first * %lld;",
               name, offset, (long long)b->size);
        return;
    }
}

/* Declares the pointers that the kernels of a stage get, each space's together. */
static void write_pointers(Emission *em, const Entry *e, int stage, ValueNames names) {
    const Plan *p = em->plan;
    bool *here = ARENA_ARRAY(em->arena, bool, e->n_buffers + 1);
    bool *state = ARENA_ARRAY(em->arena, bool, p->n_params + p->n_derived + 1);
    for (int j = 0; j < e->n_kernels; j++)
        for (int o = 0; o < e->kernels[j]->n_operands; o++) {
            const Buffer *b = e->kernels[j]->operands[o].buffer;
            if (e->kernels[j]->stage != stage) continue;
            if (b->space == SPACE_STATE) {
                state[emit_state_index(p, b)] = true;
                continue;
            }
            here[b->index] = true;
            if (b->whole) here[b->whole->index] = true;
        }
    for (int i = 0; i < p->n_params; i++)
        if (state[i]) write_pointer(em, e, names, p->params[i].value);
    for (int i = 0; i < p->n_derived; i++)
        if (state[p->n_params + i]) write_pointer(em, e, names, p->derived[i]->value);
    static const BufferSpace order[] = {SPACE_FIELD, SPACE_SAMPLE,   SPACE_SUM,    SPACE_PARTIAL,
                                        SPACE_BATCH, SPACE_GRADIENT, SPACE_OUTPUT, SPACE_CACHE};
    for (size_t s = 0; s < sizeof order / sizeof *order; s++)
        for (int part = 0; part < 2; part++)
            for (int i = 0; i < e->n_buffers; i++)
                if (here[i] && e->buffers[i]->space == order[s] && !e->buffers[i]->whole == !part)
                    write_pointer(em, e, names, e->buffers[i]);
}

static void write_call(Emission *em, const Entry *e, const Kernel *k, ValueNames names,
                       const Isa *isa) {
    Writer *w = em->w;
    const char *text = "", *name = emit_function_name(em->functions, e, k);
    const Buffer *output = NULL;
    for (int i = 0; i < k->n_operands; i++) {
        const Buffer *b = k->operands[i].buffer;
        text = arena_printf(em->arena, "%s%s%s", text, i ? ", " : "", emit_value_name(names, b));
        if (b->space == SPACE_OUTPUT) output = b;
    }
    if (k->scratch) text = arena_printf(em->arena, "%s, scratch", text);
    text = arena_printf(em->arena,
                        k->once        ? "%s, 1"
                        : k->parts > 1 ? "%s, n * %d"
                                       : "%s, n",
                        text, k->parts);
    for (int i = 0; i < k->n_args; i++)
        text = arena_printf(em->arena, "%s, %s", text, k->args[i].value);
    if (output) w_line(w, "if (%s)", emit_value_name(names, output));
    w_line(w, output ? "    k_%s%s(%s);" : "k_%s%s(%s);", name, isa->suffix, text);
    int index = emit_kernel_index(em->plan, e, k);
    if (index >= 0) w_line(w, "NN_TRACE(%d);", index);
}

/* Gradients that no kernel writes are zero. */
static void zero_unwritten(Emission *em, const Entry *e) {
    for (int i = 0; i < em->plan->n_params; i++) {
        int64_t at = em->plan->phases[e->phase].gradient_of[i];
        bool written = at < 0;
        for (int j = 0; j < e->n_buffers && !written; j++)
            written = e->buffers[j]->space == SPACE_GRADIENT && e->buffers[j]->offset == at;
        if (!written)
            w_line(em->w, "NN_ZERO(gradient + %lld, %lld);", (long long)at,
                   (long long)em->plan->params[i].value->size * 4);
    }
}

static void write_stage(Emission *em, const Entry *e, int stage, const Isa *isa) {
    Writer *w = em->w;
    const ValueNames values = emit_values(em, e);
    /* Gradients are made, and added, in the last stage. */
    const bool sums = e->kind == ENTRY_TRAIN && stage == e->stages - 1;
    w_open(w, "static void %s_stage_%d%s(void *arg, int task)", e->name, stage, isa->suffix);
    w_line(w, "const struct %s_job *job = arg;", e->name);
    w_line(w, "NnCall *call = job->call;");
    w_line(w, "const uint64_t mode = nn_enter();");
    if (e->kind == ENTRY_TRAIN) {
        w_open(w, "for (int chunk = job->tree.first[task]; chunk < job->tree.first[task + 1]; "
                  "chunk++)");
    } else {
        w_open(w, "for (int chunk = task; chunk < job->chunks; chunk += job->tasks)");
    }
    w_line(w, "const int first = nn_first(call->batch, chunk), n = nn_first(call->batch, chunk + "
              "1) - first;");
    /* Activations that a later stage needs are kept for every chunk, else a task reuses its area.
     */
    w_line(w, "float *area = job->areas + (size_t)%s * job->capacity * %lld;",
           e->stages > 1 ? "chunk" : "task", (long long)e->sample_floats);
    if (sums) {
        w_open(w, "for (int i = job->tree.before[chunk]; i < job->tree.before[chunk + 1]; i++)");
        emit_addition(w, "", arena_printf(em->arena, "%lld", (long long)e->gradient_floats));
        w_line(w, "NN_TRACE(%d);", emit_kernel_index(em->plan, e, NULL));
        w_close(w);
        w_line(w, "float *gradient = job->gradients + (size_t)job->tree.row[chunk] * %lld;",
               (long long)e->gradient_floats);
    }
    w_line(w, "const float *state = job->state;");
    w_line(w, "double *sums = job->sums + chunk * %d;", e->n_sums);
    if (e->scratch_floats)
        w_line(w, "float *scratch = job->scratch + (size_t)task * %lld;",
               (long long)e->scratch_floats);
    if (e->partial_floats)
        w_line(w, "float *parts = job->parts.first + (size_t)chunk * job->parts.stride;");
    const int64_t room = entry_field_floats(e, NULL);
    if (room)
        w_line(w, "float *room = job->rooms + (size_t)task * job->capacity * %lld;",
               (long long)room);
    w_line(w, "(void)first, (void)n, (void)state, (void)area, (void)sums%s%s%s;",
           e->scratch_floats ? ", (void)scratch" : "", e->partial_floats ? ", (void)parts" : "",
           room ? ", (void)room" : "");
    write_pointers(em, e, stage, values);
    if (sums) zero_unwritten(em, e);
    for (int i = 0; i < e->n_kernels; i++)
        if (e->kernels[i]->stage == stage) write_call(em, e, e->kernels[i], values, isa);
    w_close(w);
    w_line(w, "nn_leave(mode);");
    w_close(w);
    w_line(w, "%s", "");
}

static void write_runner(Emission *em, const Entry *e, const Isa *isa) {
    Writer *w = em->w;
    bool train = e->kind == ENTRY_TRAIN;
    w_open(w,
           train ? "static void %s%s(NnCall *call, bool update)" : "static void %s%s(NnCall *call)",
           e->name, isa->suffix);
    w_line(w, "struct %s_job job;", e->name);
    w_line(w, "%s_begin(&job, call);", e->name);
    for (int s = 0; s < e->stages; s++) {
        w_line(w, "nn_run(call, job.tasks, %s_stage_%d%s, &job);", e->name, s, isa->suffix);
        if (train) emit_meeting(em, e, s);
        w_line(w, "%s_numbers_after_%d(&job);", e->name, s);
        emit_tensor_call(em, e, s, "&job");
    }
    if (train) w_line(w, "call->loss = job.numbers.n%d;", e->loss->id);
    if (e->kind == ENTRY_EVALUATE) {
        w_line(w, "%s_results(&job);", e->name);
        w_line(w, "%s_add(&job);", e->name);
    }
    if (train) emit_end_of_step(em, e, isa);
    w_close(w);
    w_line(w, "%s", "");
}

void emit_entry_code(Emission *em, const Entry *e, const Isa *isa) {
    emit_kernel_functions(em, isa, e);
    for (int s = 0; s < e->stages; s++) write_stage(em, e, s, isa);
    if (e->kind == ENTRY_TRAIN) emit_gradient_use(em, e, isa);
    write_runner(em, e, isa);
}

void emit_dispatch(Emission *em, const char *suffix, EntryKind kind, const char *member,
                   const char *entry, const char *extra) {
    Writer *w = em->w;
    w_open(w, "static void %s%s(NnCall *call)", member, suffix);
    emit_check(em, entry);
    int n = 0;
    for (int i = 0; i < em->plan->n_entries; i++) n += em->plan->entries[i]->kind == kind;
    if (n) w_line(w, "const uint64_t mode = nn_enter();");
    if (n == 1) {
        for (int i = 0; i < em->plan->n_entries; i++)
            if (em->plan->entries[i]->kind == kind)
                w_line(w, "%s%s(call%s);", em->plan->entries[i]->name, suffix, extra);
    } else if (n > 1) {
        const bool train = kind == ENTRY_TRAIN;
        w_open(w, "switch (%s)", train ? emit_turn(em) : "call->phase");
        for (int i = 0; i < em->plan->n_entries; i++) {
            const Entry *e = em->plan->entries[i];
            if (e->kind == kind)
                w_line(w, "case %d: %s%s(call%s); break;",
                       train ? e->phase : graph_phase_number(em->plan->graph, e->phase), e->name,
                       suffix, extra);
        }
        w_line(w, "default: break;");
        w_close(w);
    }
    if (n) w_line(w, "nn_leave(mode);");
    w_close(w);
}

int emit_chains(const Isa *isa) {
    return isa->registers - 4;
}

static void write_peak(Emission *em, const Isa *isa) {
    Writer *w = em->w;
    const int chains = emit_chains(isa);
    w_open(w, "static TARGET float nn_peak%s(int64_t steps, float factor, float term)",
           isa->suffix);
    w_line(w, "const V a = V_SET(factor), b = V_SET(term);");
    for (int i = 0; i < chains; i++) w_flow(w, "V x%d = V_SET(1.%02df);", i, i);
    w_open(w, "for (int64_t s = 0; s < steps; s++)");
    for (int i = 0; i < chains; i++) w_flow(w, "x%d = V_FMA(x%d, a, b);", i, i);
    w_close(w);
    for (int i = 1; i < chains; i++) w_flow(w, "x0 = V_FMA(x%d, a, x0);", i);
    w_line(w, "float first[%d];", isa->width);
    w_line(w, "V_STORE(first, x0);");
    w_line(w, "return first[0];");
    w_close(w);
    w_line(w, "%s", "");
}

void emit_section(Emission *em, const Isa *isa) {
    Writer *w = em->w;
    if (isa->machine) w_raw(w, arena_printf(em->arena, "#if %s\n", isa->machine));
    emit_heading(w, isa->name);
    /* The words that the code uses are known only after it is written. */
    Arena *draft = arena_new();
    em->w = writer_new(draft);
    em->functions = emit_collect_kernels(em, isa);
    emit_heading(em->w, arena_printf(draft, "%s, weights", isa->name));
    emit_derived(em, isa);
    for (int i = 0; i < em->plan->n_entries; i++) {
        const Entry *e = em->plan->entries[i];
        emit_heading(em->w, arena_printf(draft, "%s, %s", isa->name, e->name));
        emit_entry_code(em, e, isa);
    }
    emit_heading(em->w, arena_printf(draft, "%s, calls", isa->name));
    emit_dispatch(em, isa->suffix, ENTRY_TRAIN, "nn_train", "NN_TRAIN", ", true");
    emit_dispatch(em, isa->suffix, ENTRY_TRAIN, "nn_gradient", "NN_GRADIENT", ", false");
    emit_dispatch(em, isa->suffix, ENTRY_EVALUATE, "nn_evaluate", "NN_EVALUATE", "");
    emit_dispatch(em, isa->suffix, ENTRY_PREDICT, "nn_predict", "NN_PREDICT", "");
    if (emit_next_entry(em->plan))
        emit_dispatch(em, isa->suffix, ENTRY_NEXT, "nn_next", "NN_NEXT", "");
    write_peak(em, isa);
    w_line(em->w, "static bool nn_supported%s(void) { return %s; }", isa->suffix, isa->supported);
    isa_write(draft, w, isa, writer_text(em->w));
    em->w = w;
    arena_free(draft);
    if (isa->machine) w_raw(w, "#endif\n");
    w_line(w, "%s", "");
}
