/* The kernel functions of an instruction set: kernels with equal text are one function. The comment
 * above it names its layers, its operands and its work. */
#include <string.h>

#include "../graph/optimizer.h"
#include "../loops/loops.h"
#include "parts.h"

const char *emit_element_type(const Buffer *b) {
    switch (b->element) {
    case ELEMENT_FLOAT:
        return "float";
    case ELEMENT_BYTE:
        return "uint8_t";
    case ELEMENT_INT:
        return "int32_t";
    case ELEMENT_DOUBLE:
        return "double";
    }
    return "float";
}

static const char *parameters(Arena *arena, const Kernel *k) {
    const char *text = "";
    for (int i = 0; i < k->n_operands; i++) {
        const Operand *o = &k->operands[i];
        text =
            arena_printf(arena, "%s%s%s *restrict %s", text, i ? ", " : "",
                         o->written ? emit_element_type(o->buffer)
                                    : arena_printf(arena, "const %s", emit_element_type(o->buffer)),
                         o->param);
    }
    if (k->scratch) text = arena_printf(arena, "%s, float *restrict scratch", text);
    text = arena_printf(arena, "%s, int n", text);
    for (int i = 0; i < k->n_args; i++) {
        const char *type = k->args[i].type;
        text = arena_printf(arena, "%s, %s%s%s", text, type,
                            type[strlen(type) - 1] == '*' ? "" : " ", k->args[i].name);
    }
    return text;
}

static int moments_of(const Optimizer *o) {
    int n = 0;
    while (o->kind->moments(o)[n]) n++;
    return n;
}

static const char *update_parameters(Arena *arena, const Kernel *k) {
    const int slots = moments_of(phase_optimizer(k->phase, k->group));
    const char *text = "float *restrict p, const float *restrict g, const float *restrict h";
    for (int i = 0; i < slots; i++) text = arena_printf(arena, "%s, float *restrict s%d", text, i);
    return arena_printf(arena, "%s, int n, const float *k%s", text,
                        k->phase->clip_norm > 0 ? ", float scale" : "");
}

static Loops *kernel_loops(Arena *arena, const Kernel *k, const Isa *isa) {
    Loops *loops =
        k->phase ? loops_new_update(arena, k->name, moments_of(phase_optimizer(k->phase, k->group)),
                                    k->phase->clip_norm > 0, isa)
                 : loops_new(arena, k, isa);
    k->family->build(loops, k);
    return loops;
}

/* The kernels of an entry, those of updates last; NULL for a group that trains nothing. */
static int count_kernels(const Plan *plan, const Entry *e) {
    const bool trains = e->kind == ENTRY_TRAIN;
    return e->n_kernels + (trains ? plan->phases[e->phase].n_updates : 0);
}

static const Kernel *kernel_at(const Plan *plan, const Entry *e, int i) {
    return i < e->n_kernels ? e->kernels[i] : plan->phases[e->phase].updates[i - e->n_kernels];
}

const char *emit_loops(const Plan *plan, const Isa *isa) {
    const char *text = "";
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        text = arena_printf(plan->arena, "%s# %s\n", text, e->name);
        for (int j = 0; j < count_kernels(plan, e); j++) {
            const Kernel *k = kernel_at(plan, e, j);
            if (!k) continue;
            const Loops *loops = kernel_loops(plan->arena, k, isa);
            loops_verify(loops);
            const char *dump = loops_dump(plan->arena, loops);
            if (!strstr(text, dump)) text = arena_printf(plan->arena, "%s%s", text, dump);
        }
    }
    return text;
}

/* The kernel's function: one with the same text, or a new one. */
static int find_function(Emission *em, Functions *f, const Kernel *k, const char *params) {
    /* In a deep network most texts exist already: the draft is dropped. */
    Arena *draft = arena_new();
    Loops *loops = kernel_loops(draft, k, f->isa);
    const char *body = loops_text(loops), *memories = loops_memories(draft, loops);
    const size_t size = strlen(params) + strlen(body);
    int same_name = 0, found = -1;
    for (int i = 0; i < f->n && found < 0; i++) {
        const Function *other = &f->list[i];
        if (other->size == size && !strcmp(other->params, params) && !strcmp(other->body, body))
            found = i;
        const char *n = other->name;
        size_t length = strlen(k->name);
        if (!strncmp(n, k->name, length) && (!n[length] || n[length] == '_')) same_name++;
    }
    /* What was proved for the same text and memories need not be proved again. */
    if (found < 0 || strcmp(f->list[found].memories, memories) != 0) loops_verify(loops);
    if (found < 0) {
        const Function function = {
            .name = same_name ? arena_printf(em->arena, "%s_v%d", k->name, same_name + 1) : k->name,
            .what = emit_what(em->arena, k),
            .params = params,
            .body = arena_strdup(em->arena, body),
            .memories = arena_strdup(em->arena, memories),
            .size = size};
        found = f->n;
        ARENA_PUSH(em->arena, f->list, f->n, f->cap, function);
    }
    arena_free(draft);
    return found;
}

/* "conv1, trunk.lua:6; relu, aux.lua:15": the layers of the kernel and their places in the source.
 */
static const char *layers(Arena *arena, const Kernel *k) {
    int followers, n = 0;
    const Node *const *follow = kernel_followers(arena, k, &followers);
    const Node **list = ARENA_ARRAY(arena, const Node *, followers + 2);
    list[n++] = k->node;
    for (int i = 0; i < followers; i++) list[n++] = follow[i];
    if (k->partner) list[n++] = k->partner;
    const char *text = "";
    for (int i = 0; i < n; i++) {
        const char *place = emit_place(arena, list[i]->loc);
        const bool last = i == n - 1 || strcmp(place, emit_place(arena, list[i + 1]->loc)) != 0;
        text = arena_printf(arena, "%s%s%s%s%s", text,
                            list[i]->name ? list[i]->name : list[i]->op->name,
                            last && *place ? ", " : "", last ? place : "",
                            i == n - 1 ? ""
                            : last     ? "; "
                                       : ", ");
    }
    return text;
}

const char *emit_work(Arena *arena, const Kernel *k) {
    const char *text = "";
    if (k->parts > 1) text = arena_printf(arena, "; %d parts a sample", k->parts);
    return k->flops ? arena_printf(arena, "%s; %lld FLOPs per sample", text, (long long)k->flops)
                    : text;
}

/* A use of a function in words: layers and work. */
static const char *use_words(Emission *em, const Entry *e, const Kernel *k) {
    if (!k->node) {
        const Phase *phase = &em->plan->graph->phases[e->phase];
        const char *kind = phase->optimizer.kind->name;
        return emit_placed(
            em->arena, k->group ? arena_printf(em->arena, "%s, group %d", kind, k->group) : kind,
            phase->loc);
    }
    int64_t weights = 0;
    for (int i = 0; i < k->n_operands; i++)
        if (k->operands[i].buffer->space == SPACE_STATE) weights += k->operands[i].buffer->size;
    const char *text =
        arena_printf(em->arena, "%s%s", layers(em->arena, k), emit_work(em->arena, k));
    return weights
               ? arena_printf(em->arena, "%s; %lld bytes of weights", text, (long long)weights * 4)
               : text;
}

/* "x = x_left_dense, w = conv1_weight". */
static const char *legend(Emission *em, const Kernel *k, const Entry *e) {
    const char *text = "";
    if (!k->node) {
        const char *const *slots = optimizer_slots(phase_optimizer(k->phase, k->group));
        text = "p = parameters, g + h = gradients";
        for (int i = 0; slots[i]; i++)
            text = arena_printf(em->arena, "%s, s%d = %s", text, i, slots[i]);
        return text;
    }
    for (int i = 0; i < k->n_operands; i++)
        text = arena_printf(em->arena, "%s%s%s = %s", text, i ? ", " : "", k->operands[i].param,
                            emit_value_name(emit_values(em, e), k->operands[i].buffer));
    return text;
}

/* The uses, those in the same words together: " * train_1, evaluate_1: conv1, trunk.lua:6 ...". */
static void write_uses(Emission *em, const Function *f) {
    enum { MAX_USES = 6 };
    const char *words[MAX_USES], *legends[MAX_USES], *entries[MAX_USES];
    const Entry *last[MAX_USES];
    int n = 0, more = 0;
    for (int i = 0; i < f->n_uses; i++) {
        const Use *use = &f->uses[i];
        const char *said = use_words(em, use->entry, use->kernel);
        const char *on = legend(em, use->kernel, use->entry);
        int same = 0;
        while (same < n && (strcmp(words[same], said) != 0 || strcmp(legends[same], on) != 0))
            same++;
        if (same == MAX_USES) {
            more++;
            continue;
        }
        if (same == n) {
            words[n] = said;
            legends[n] = on;
            entries[n] = use->entry->name;
            last[n++] = use->entry;
        } else if (last[same] != use->entry) {
            entries[same] = arena_printf(em->arena, "%s, %s", entries[same], use->entry->name);
            last[same] = use->entry;
        }
    }
    for (int i = 0; i < n; i++) {
        w_line(em->w, " * %s: %s", entries[i], words[i]);
        w_line(em->w, " *     %s", legends[i]);
    }
    if (more) w_line(em->w, " * and %d more; the contents above name them", more);
}

/* Continues a comment with the reason for the kernel's tile, and ends it. */
static void write_reason(Emission *em, const Kernel *k, const Isa *isa) {
    const char *text =
        k->family->reason
            ? k->family->reason(em->arena, k, isa)
            : "No tile: rows of 16 floats one by one; memory, not arithmetic, takes the time.";
    for (const char *line = text; line;) {
        const char *end = strchr(line, '\n');
        const int length = end ? (int)(end - line) : (int)strlen(line);
        w_line(em->w, " * %.*s%s", length, line, end ? "" : " */");
        line = end ? end + 1 : NULL;
    }
}

static void write_function(Emission *em, const Isa *isa, const Function *f) {
    Writer *w = em->w;
    w_line(w, "/* %s", f->what);
    write_uses(em, f);
    write_reason(em, f->uses[0].kernel, isa);
    w_line(w, "static __attribute__((noinline)) TARGET");
    /* The prefix k_ keeps names of kernels apart from words of the vocabulary. */
    w_open(w, "void k_%s%s(%s)", f->name, isa->suffix, f->params);
    w_raw(w, f->body);
    w_close(w);
    w_line(w, "%s", "");
}

/* Where Functions.of has the kernel: in the order of kernel_at. */
static int *function_of(const Functions *f, const Entry *e, const Kernel *k) {
    return &f->of[emit_entry_index(f->plan, e)][k->node ? k->index : e->n_kernels + k->group];
}

static void collect(Emission *em, Functions *f, const Entry *e, const Kernel *k) {
    const int found = find_function(
        em, f, k, k->phase ? update_parameters(em->arena, k) : parameters(em->arena, k));
    const Use use = {e, k};
    Function *function = &f->list[found];
    *function_of(f, e, k) = found;
    ARENA_PUSH(em->arena, function->uses, function->n_uses, function->cap_uses, use);
}

const Functions *emit_collect_kernels(Emission *em, const Isa *isa) {
    const Plan *p = em->plan;
    Functions *f = ARENA_NEW(em->arena, Functions);
    f->plan = p;
    f->isa = isa;
    f->of = ARENA_ARRAY(em->arena, int *, p->n_entries);
    for (int i = 0; i < p->n_entries; i++) {
        const Entry *e = p->entries[i];
        const int n = count_kernels(p, e);
        f->of[i] = ARENA_ARRAY(em->arena, int, n + 1);
        for (int j = 0; j < n; j++)
            if (kernel_at(p, e, j)) collect(em, f, e, kernel_at(p, e, j));
    }
    return f;
}

void emit_kernel_functions(Emission *em, const Isa *isa, const Entry *e) {
    for (int i = 0; i < em->functions->n; i++)
        if (em->functions->list[i].uses[0].entry == e)
            write_function(em, isa, &em->functions->list[i]);
}

const char *emit_function_name(const Functions *f, const Entry *e, const Kernel *k) {
    return f->list[*function_of(f, e, k)].name;
}
