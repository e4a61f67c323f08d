/* Building loop programs: the parameters of kernels, and line after line. */
#include <string.h>

#include "../base/format.h"
#include "build.h"

/* Elements that the buffer has for the kernel's n values. */
static Linear buffer_size(const Buffer *b) {
    switch (b->space) {
    case SPACE_SAMPLE:
        return (Linear){b->layout.stride, 0, false};
    case SPACE_FIELD:
        return (Linear){b->size, 0, false};
    case SPACE_OUTPUT:
        return (Linear){shape_count(b->node->type.shape), 0, false};
    case SPACE_CACHE:
        return (Linear){b->size, 0, false};
    case SPACE_STATE:
    case SPACE_GRADIENT:
    case SPACE_PARTIAL:
    case SPACE_BATCH:
        return (Linear){0, b->size, false};
    case SPACE_SUM:
        break;
    }
    return (Linear){0, 1, false};
}

static Base element_base(Element element) {
    static const Base bases[] = {[ELEMENT_FLOAT] = BASE_FLOAT,
                                 [ELEMENT_BYTE] = BASE_BYTE,
                                 [ELEMENT_INT] = BASE_INT,
                                 [ELEMENT_DOUBLE] = BASE_DOUBLE};
    return bases[element];
}

/* The type of an argument as lowering states it: "int", "float", "const NnDrop *". */
static LoopType arg_type(const Arg *arg) {
    if (!strcmp(arg->type, "int")) return (LoopType){BASE_INT, false, true};
    if (!strcmp(arg->type, "float")) return (LoopType){BASE_FLOAT, false, true};
    if (!strcmp(arg->type, "const NnDrop *")) return (LoopType){BASE_DROP, true, true};
    bug("an argument of type %s", arg->type);
}

static const Linear factors = {0, 8, false}; /* of an optimizer's step */

static Loops *begin(Arena *arena, const char *name, const Isa *isa) {
    Loops *l = ARENA_NEW(arena, Loops);
    l->arena = arena;
    l->isa = isa;
    l->kernel = name;
    l->body = loops_statement(l, STATEMENT_BLOCK);
    l->n_lines = 0;
    l->symbols = ARENA_ARRAY(arena, Symbol *, SYMBOL_SLOTS);
    loops_know_words(l);
    loops_enter(l, l->body);
    return l;
}

/* A parameter that leads to memory. What a kernel only reads is filled. */
static Memory *memory_param(Loops *l, const char *name, Base base, Linear size, bool written) {
    Memory *m = loops_add_memory(l, name, base, size);
    m->filled = !written;
    m->writable = written;
    loops_declare(l, name, (LoopType){base, true, !written}, m);
    return m;
}

static void int_param(Loops *l, const char *name, Linear low, Linear high) {
    loops_declare(l, name, (LoopType){BASE_INT, false, true}, NULL)->range = (Interval){low, high};
}

static Loops *with_params(Loops *l) {
    l->n_params = l->n_names;
    return l;
}

Loops *loops_new(Arena *arena, const Kernel *kernel, const Isa *isa) {
    Loops *l = begin(arena, kernel->name, isa);
    l->node = kernel->node;
    for (int i = 0; i < kernel->n_operands; i++) {
        const Operand *o = &kernel->operands[i];
        const Buffer *b = o->buffer;
        Memory *m = memory_param(l, o->param, element_base(b->element), buffer_size(b), o->written);
        /* A chunk's gradient may be added to, a cache has what earlier calls left. */
        m->filled = m->filled || b->space == SPACE_GRADIENT || b->space == SPACE_CACHE;
        if (b->space == SPACE_FIELD && b->node->type.classes)
            m->content = (Interval){{0, 0, false}, {0, b->node->type.classes - 1, false}};
    }
    if (kernel->scratch)
        memory_param(l, "scratch", BASE_FLOAT, (Linear){0, kernel->scratch, false}, true);
    int_param(l, "n", (Linear){1, 0, false}, (Linear){1, 0, false});
    for (int i = 0; i < kernel->n_args; i++) {
        Name *arg = loops_declare(l, kernel->args[i].name, arg_type(&kernel->args[i]), NULL);
        const int below = kernel->args[i].below;
        arg->range = (Interval){{.unbounded = !below}, {0, below - 1, !below}};
    }
    return with_params(l);
}

Loops *loops_new_derived(Arena *arena, const Derived *derived, const Isa *isa) {
    Loops *l = begin(arena, derived->name, isa);
    const Linear none = {0, 0, false}, blocks = {0, derived->blocks, false};
    memory_param(l, "w", BASE_FLOAT, (Linear){0, derived->param->value->size, false}, false);
    memory_param(l, "t", BASE_FLOAT, (Linear){0, derived->value->size, false}, true);
    int_param(l, "first", none, blocks);
    int_param(l, "last", none, blocks);
    return with_params(l);
}

Loops *loops_new_update(Arena *arena, const char *name, int moments, bool scaled, const Isa *isa) {
    Loops *l = begin(arena, name, isa);
    const Linear size = {16, 0, false};
    memory_param(l, "p", BASE_FLOAT, size, true)->filled = true;
    memory_param(l, "g", BASE_FLOAT, size, false);
    memory_param(l, "h", BASE_FLOAT, size, false)->optional = true;
    for (int i = 0; i < moments; i++)
        memory_param(l, arena_printf(arena, "s%d", i), BASE_FLOAT, size, true)->filled = true;
    int_param(l, "n", (Linear){1, 0, false}, (Linear){1, 0, false});
    memory_param(l, "k", BASE_FLOAT, factors, false);
    if (scaled) loops_declare(l, "scale", (LoopType){BASE_FLOAT, false, true}, NULL);
    return with_params(l);
}

Loops *loops_new_factors(Arena *arena, const char *name) {
    Loops *l = begin(arena, name, isa_by_name("portable"));
    memory_param(l, "k", BASE_FLOAT, factors, true);
    loops_declare(l, "lr", (LoopType){BASE_DOUBLE, false, true}, NULL);
    int_param(l, "step", (Linear){0, 0, false}, (Linear){.unbounded = true});
    return with_params(l);
}

/* Reads the formatted line. */
static void read_line(Loops *l, void (*parse)(Loops *l, const char *line), const char *format,
                      va_list args) {
    char line[256];
    va_list again;
    va_copy(again, args);
    const int n = format_into(line, sizeof line, format, args);
    parse(l, n < (int)sizeof line ? line : arena_vprintf(l->arena, format, again));
    va_end(again);
}

void l_line(Loops *l, const char *format, ...) {
    va_list args;
    va_start(args, format);
    read_line(l, loops_parse_line, format, args);
    va_end(args);
}

void l_flow(Loops *l, const char *format, ...) {
    va_list args;
    va_start(args, format);
    read_line(l, loops_parse_line, format, args);
    va_end(args);
    const Statement *block = l->open[l->n_open - 1];
    block->body[block->n_body - 1]->flow = true;
}

void l_lines(Loops *l, const char *lines) {
    for (const char *end; (end = strchr(lines, '\n')); lines = end + 1)
        l_line(l, "%.*s", (int)(end - lines), lines);
    if (*lines) l_line(l, "%s", lines);
}

void l_open(Loops *l, const char *format, ...) {
    va_list args;
    va_start(args, format);
    read_line(l, loops_parse_open, format, args);
    va_end(args);
}

void l_open_turns(Loops *l, const char *format, ...) {
    va_list args;
    va_start(args, format);
    read_line(l, loops_parse_open, format, args);
    va_end(args);
    l->open[l->n_open - 1]->turns = true;
}

void l_close(Loops *l) {
    if (l->n_open < 2) bug("kernel %s closes what is not open", l->kernel);
    if (l->open[l->n_open - 1] == l->macro) l->macro = NULL;
    loops_leave(l);
}

void l_table(Loops *l, const char *name, const int *values, int n) {
    Statement *s = loops_statement(l, STATEMENT_TABLE);
    Memory *m = loops_add_memory(l, name, BASE_INT, (Linear){0, n, false});
    m->filled = true;
    m->content = (Interval){{0, values[0], false}, {0, values[0], false}};
    for (int i = 1; i < n; i++) {
        if (values[i] < m->content.low.b) m->content.low.b = values[i];
        if (values[i] > m->content.high.b) m->content.high.b = values[i];
    }
    int *copy = ARENA_ARRAY(l->arena, int, n);
    memcpy(copy, values, sizeof *copy * (size_t)n);
    s->table = m->table = copy;
    s->size = n;
    Name *table = loops_declare(l, name, (LoopType){BASE_INT, true, true}, m);
    ARENA_PUSH(l->arena, s->names, s->n_names, s->cap_names, table);
    loops_add(l, s);
}

void l_given(Loops *l, const char *integer, const char *low, const char *high) {
    Statement *s = loops_statement(l, STATEMENT_GIVEN);
    s->target = loops_parse_expr(l, integer);
    s->values = ARENA_ARRAY(l->arena, Expr *, 2);
    s->values[0] = loops_parse_expr(l, low);
    s->values[1] = loops_parse_expr(l, high);
    loops_add(l, s);
}
