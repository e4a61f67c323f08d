/* Proves a loop program before it is text:
 *
 *  1. every access lies inside its memory, for all values of the loops and every n >= 1;
 *  2. nothing is read from memory that the program has not written, operands and constant tables
 *     apart; nothing is stored where a kernel may only read;
 *  3. what a list of integers holds stays in the range that its readers rely on;
 *  4. straight-line code keeps the budget: at most 256 multiply-adds of registers and 8 steps of a
 *     sum in a body, and sums for no more registers than the instruction set has.
 *
 * That names exist, and types fit, is checked when a line is built. A proof follows the statements
 * in order with what is known of each integer (interval.h): the range of a loop's variable, bounds
 * between variables, what a condition says. Where that does not reach, the program says l_given. */
#include <string.h>

#include "build.h"
#include "interval.h"

typedef struct Verifier {
    const Loops *l;
    Arena *arena;
    const Statement *at;
    struct {
        Name *name;
        Interval range;
        Bounds *bounds;
    } * undo; /* what names knew before, to be given back at the end of a block */
    int n_undo, cap_undo;
    int sums;       /* registers of sums in scope */
    Name *pointer;  /* that was followed last, or NULL if more or less is known since */
    Interval reach; /* where it may lead */
} Verifier;

static _Noreturn void refuse(const Verifier *v, const char *what) {
    loops_refuse(v->l, v->at, what);
}

static const char *show(Arena *arena, Linear x) {
    if (x.unbounded) return "unbounded";
    return x.a ? arena_printf(arena, "%lld n + %lld", (long long)x.a, (long long)x.b)
               : arena_printf(arena, "%lld", (long long)x.b);
}

static void know(Verifier *v, Name *name, Interval range, Bounds *bounds) {
    int n = v->n_undo;
    v->undo = arena_grow(v->arena, v->undo, n, &v->cap_undo, sizeof *v->undo);
    v->undo[n].name = name;
    v->undo[n].range = name->range;
    v->undo[n].bounds = name->bounds;
    v->n_undo++;
    v->pointer = NULL;
    name->range = range;
    name->bounds = bounds;
}

static void forget(Verifier *v, int mark) {
    while (v->n_undo > mark) {
        v->n_undo--;
        v->pointer = NULL;
        v->undo[v->n_undo].name->range = v->undo[v->n_undo].range;
        v->undo[v->n_undo].name->bounds = v->undo[v->n_undo].bounds;
    }
}

static const Sum *kept(Verifier *v, Sum sum) {
    Sum *s = ARENA_NEW(v->arena, Sum);
    *s = sum;
    return s;
}

static Bounds *same_as(Verifier *v, Sum sum) {
    Bounds *b = ARENA_NEW(v->arena, Bounds);
    b->low[0] = b->high[0] = kept(v, sum);
    return b;
}

/* Elements from the start of its memory to where a pointer leads. */
static Sum place_of(const Verifier *v, const Expr *e) {
    switch (e->kind) {
    case EXPR_NAME:
        if (e->name->bounds) return *e->name->bounds->low[0];
        if (e->name->value && e->name->value->type.pointer)
            refuse(v, arena_printf(v->arena, "it is not known where %s leads", e->name->text));
        return sum_constant((Linear){0, 0, false});
    case EXPR_BINARY: {
        const Sum a = place_of(v, e->in[0]), b = sum_of(e->in[1]);
        return sum_add(&a, &b, *e->text == '-' ? -1 : 1);
    }
    case EXPR_CAST:
        return place_of(v, e->in[0]);
    default:
        refuse(v, "a pointer of this form");
    }
}

/* Whether the elements from `offset` to before `end`, both constant, lie inside by the ends of
 * where the pointer may lead, which are found once for all of them in a straight body. */
static bool is_inside(Verifier *v, Name *pointer, int64_t offset, int64_t end) {
    if (v->pointer != pointer) {
        const Sum place = place_of(v, &(Expr){.kind = EXPR_NAME, .name = pointer});
        v->reach = sum_interval(&place);
        v->pointer = pointer;
    }
    const Linear low = linear_add(v->reach.low, (Linear){0, offset, false});
    const Linear high = linear_add(v->reach.high, (Linear){0, end, false});
    return !low.unbounded && linear_at_most((Linear){0, 0, false}, low) &&
           linear_at_most(high, pointer->memory->size);
}

/* Refuses unless `count` elements from a pointer on are inside. */
static void check_bounds(Verifier *v, const Expr *pointer, Sum offset, Sum count, bool write) {
    const Memory *m = loops_memory(pointer);
    const Sum start = place_of(v, pointer), from = sum_add(&start, &offset, 1);
    const Sum to = sum_add(&from, &count, 1), size = sum_constant(m->size);
    const Sum past = sum_add(&to, &size, -1), none = sum_constant((Linear){0, 0, false});
    const Sum before = sum_add(&none, &from, -1);
    if (!sum_at_most(&before, none.constant) || !sum_at_most(&past, none.constant))
        refuse(v, arena_printf(v->arena, "%s of %s[%s] from %s to before %s",
                               write ? "a store" : "a read", m->name, show(v->arena, m->size),
                               show(v->arena, sum_low(&from)), show(v->arena, sum_high(&to))));
}

static bool is_constant(const Sum *sum) {
    const Interval none = {{0, 0, false}, {0, 0, false}};
    return sum->n_terms == 0 && sum->constant.a == 0 && interval_equal(sum->rest, none);
}

/* `count` elements from a pointer on are read or written. */
static void access(Verifier *v, const Expr *pointer, Sum offset, Sum count, bool write) {
    Memory *m = loops_memory(pointer);
    if (!m) refuse(v, "a pointer to no memory");
    const bool moved = pointer->kind == EXPR_BINARY && *pointer->text == '+' &&
                       pointer->in[0]->kind == EXPR_NAME && pointer->in[1]->kind == EXPR_NUMBER;
    const Expr *base = moved ? pointer->in[0] : pointer;
    const int64_t by = offset.constant.b + (moved ? pointer->in[1]->value : 0);
    if (base->kind != EXPR_NAME || !is_constant(&offset) || !is_constant(&count) ||
        !is_inside(v, base->name, by, by + count.constant.b))
        check_bounds(v, pointer, offset, count, write);
    if (m->optional) refuse(v, arena_printf(v->arena, "there may be no %s", m->name));
    if (write && !m->writable) refuse(v, arena_printf(v->arena, "%s is only read", m->name));
    if (!write && !m->filled && !m->written)
        refuse(v, arena_printf(v->arena, "%s is read before it is written", m->name));
    if (write) m->written = true;
}

static void access_plain(Verifier *v, const Expr *pointer, int64_t count, bool write) {
    access(v, pointer, sum_constant((Linear){0, 0, false}), sum_constant((Linear){0, count, false}),
           write);
}

static int64_t element_bytes(const Expr *pointer) {
    const Base base = pointer->type.base;
    return base == BASE_BYTE ? 1 : base == BASE_DOUBLE ? 8 : 4;
}

/* The number of bytes, `(size_t)n * 64` or a constant, as elements of what the pointer leads to. */
static Sum elements(const Verifier *v, const Expr *pointer, const Expr *bytes) {
    const Sum sum = sum_of(bytes);
    const int64_t size = element_bytes(pointer);
    const Linear b = sum.constant;
    if (sum.n_terms || sum.rest.low.unbounded || sum.rest.high.b || b.a % size || b.b % size)
        refuse(v, "a size in bytes that is no number of elements");
    return sum_constant((Linear){b.a / size, b.b / size, false});
}

static void check_copy(Verifier *v, const Expr *e) {
    const Sum none = sum_constant((Linear){0, 0, false});
    const Expr *bytes = e->in[e->n_in - 1];
    for (int i = 0; i + 1 < e->n_in; i++)
        access(v, e->in[i], none, elements(v, e->in[i], bytes), i == 0);
}

/* TRANSPOSE(from, step, to, stride); TRANSPOSE_PART(from, rows, to, columns): rows 16 apart. */
static void check_transpose(Verifier *v, const Expr *e, bool part) {
    const Sum none = sum_constant((Linear){0, 0, false});
    for (int i = 0; i < 4; i += 2) {
        const Sum given = sum_of(e->in[i + 1]);
        Sum count = sum_add(&none, &given, part ? 16 : 15);
        const Sum row = sum_constant((Linear){0, part ? 0 : 16, false});
        count = sum_add(&count, &row, 1);
        access(v, e->in[i], none, count, i == 2);
    }
}

static void check_expr(Verifier *v, const Expr *e);
static void assume(Verifier *v, const Expr *e, bool holds);

static void check_call(Verifier *v, const Expr *e) {
    for (int i = 0; i < e->n_in; i++) check_expr(v, e->in[i]);
    if (!strcmp(e->word->text, "NN_COPY") || !strcmp(e->word->text, "NN_ZERO")) {
        check_copy(v, e);
        return;
    }
    if (!strncmp(e->word->text, "TRANSPOSE", 9)) {
        check_transpose(v, e, e->word->text[9] != '\0');
        return;
    }
    const char *param = e->word->params;
    for (int i = 0; i < e->n_in && *param; i++) {
        if (*param == '<' || *param == '>') {
            int64_t count = 0;
            for (const char *c = param + 2; *c >= '0' && *c <= '9'; c++)
                count = 10 * count + *c - '0';
            access_plain(v, e->in[i], count ? count : v->l->isa->width, *param == '>');
        }
        param += strcspn(param, " ");
        while (*param == ' ') param++;
    }
}

/* Every access that evaluating the expression makes. */
static void check_expr(Verifier *v, const Expr *e) {
    if (e->kind == EXPR_CALL) {
        check_call(v, e);
        return;
    }
    if (e->kind == EXPR_INDEX) {
        check_expr(v, e->in[1]);
        access(v, e->in[0], sum_of(e->in[1]), sum_constant((Linear){0, 1, false}), false);
        return;
    }
    if (e->kind == EXPR_UNARY && *e->text == '*') {
        access_plain(v, e->in[0], 1, false);
        return;
    }
    if (e->kind == EXPR_CHOICE) {
        check_expr(v, e->in[0]);
        for (int i = 1; i < 3; i++) {
            const int mark = v->n_undo;
            assume(v, e->in[0], i == 1);
            check_expr(v, e->in[i]);
            forget(v, mark);
        }
        return;
    }
    for (int i = 0; i < e->n_in; i++)
        if (e->kind != EXPR_MEMBER) check_expr(v, e->in[i]);
}

/* What holds where a - b < 0 (strict) or <= 0: each name of it is bounded by the others. */
static void assume_less(Verifier *v, const Expr *a, const Expr *b, bool strict) {
    const Sum x = sum_of(a), y = sum_of(b);
    Sum d = sum_add(&x, &y, -1);
    if (strict) d.constant = linear_add(d.constant, (Linear){0, 1, false});
    for (int i = 0; i < d.n_terms; i++) { /* d <= 0 */
        Name *name = d.terms[i].name;
        const int64_t f = d.terms[i].factor;
        if (f != 1 && f != -1) continue;
        Sum others = d;
        others.terms[i] = others.terms[--others.n_terms];
        /* f = 1: name <= -others; f = -1: name >= others. */
        Interval r = interval_all;
        Bounds *bounds = ARENA_NEW(v->arena, Bounds);
        if (name->bounds) *bounds = *name->bounds;
        const Sum zero = sum_constant((Linear){0, 0, false});
        const Sum end = f == 1 ? sum_add(&zero, &others, -1) : others;
        if (f == 1) {
            r.high = sum_high(&end);
            if (!name->type.pointer) bounds->high[bounds->high[0] ? 1 : 0] = kept(v, end);
        } else {
            r.low = sum_low(&end);
            bounds->low[bounds->low[0] ? 1 : 0] = kept(v, end);
        }
        know(v, name, interval_meet(name->range, r), bounds);
    }
}

/* Whether the condition cannot have the value `holds` here. */
static bool is_never(const Expr *e, bool holds) {
    if (e->kind == EXPR_UNARY && *e->text == '!') return is_never(e->in[0], !holds);
    if (e->kind != EXPR_BINARY) return false;
    if (!strcmp(e->text, "&&") || !strcmp(e->text, "||")) {
        const bool a = is_never(e->in[0], holds), b = is_never(e->in[1], holds);
        return (*e->text == '&') == holds ? a || b : a && b;
    }
    if (*e->text != '<' && *e->text != '>') return false;
    /* x < y, or x <= y, is what should hold. */
    const bool strict = (e->text[1] != '=') == holds, turned = (*e->text == '>') == holds;
    const Sum x = sum_of(e->in[turned]), y = sum_of(e->in[!turned]);
    Sum d = sum_add(&x, &y, -1);
    if (strict) d.constant = linear_add(d.constant, (Linear){0, 1, false});
    const Linear low = sum_low(&d);
    return !low.unbounded && linear_at_most((Linear){0, 1, false}, low);
}

/* Whether the value is the same wherever its names are in scope. */
static bool is_fixed(const Expr *e) {
    if (e->kind == EXPR_INDEX || (e->kind == EXPR_NAME && !e->type.constant)) return false;
    for (int i = 0; i < e->n_in; i++)
        if (!is_fixed(e->in[i])) return false;
    return true;
}

/* From here on the condition has the value `holds`. */
static void assume(Verifier *v, const Expr *e, bool holds) {
    if (e->kind == EXPR_UNARY && *e->text == '!') {
        assume(v, e->in[0], !holds);
        return;
    }
    if (e->kind == EXPR_NAME && e->name->value && e->type.base == BASE_BOOL && is_fixed(e)) {
        if (is_fixed(e->name->value)) assume(v, e->name->value, holds);
        return;
    }
    if (e->kind != EXPR_BINARY) return;
    const char *o = e->text;
    if (!strcmp(o, holds ? "&&" : "||")) {
        assume(v, e->in[0], holds);
        assume(v, e->in[1], holds);
    } else if (*o == '<') {
        const bool strict = (o[1] != '=') == holds;
        assume_less(v, e->in[!holds], e->in[holds], strict);
    } else if (*o == '>') {
        const bool strict = (o[1] != '=') == holds;
        assume_less(v, e->in[holds], e->in[!holds], strict);
    }
}

/* Names that are assigned in the statements, and declared outside, may have any value. */
static void forget_assigned(Verifier *v, const Statement *s) {
    for (int i = 0; i < s->n_body; i++) {
        const Statement *b = s->body[i];
        const bool assigns = b->kind == STATEMENT_ASSIGN && b->target->kind == EXPR_NAME;
        if (assigns && (b->target->type.pointer || b->target->type.base <= BASE_BYTE))
            know(v, b->target->name, interval_all, NULL);
        for (int j = 0; j < b->n_moves; j++) know(v, b->moves[j]->target->name, interval_all, NULL);
        forget_assigned(v, b);
    }
}

static void check_block(Verifier *v, const Statement *s);

/* The range of a loop's variable that goes from `low` in steps while it is below the bound that the
 * condition gives: the last value is `low` and a multiple of the step. */
static Interval whole_steps(Interval r, int64_t step) {
    if (step == 1 || r.low.unbounded || r.high.unbounded || r.low.a != 0) return r;
    const int64_t over = r.high.b - r.low.b, a = r.high.a;
    if (a % step != 0) return r;
    r.high.b = r.low.b + (over >= 0 ? over / step : -((-over + step - 1) / step)) * step;
    return r;
}

static int64_t constant_of(const Verifier *v, const Expr *e) {
    const Sum s = sum_of(e);
    const Interval r = sum_interval(&s);
    if (r.low.unbounded || r.high.unbounded || r.low.a || r.high.a || r.low.b != r.high.b)
        refuse(v, "a step that is no constant");
    return r.low.b;
}

static int64_t step_of(const Verifier *v, const Statement *move) {
    return move->value ? constant_of(v, move->value) : 1;
}

static bool is_constant_end(Linear x) {
    return !x.unbounded && x.a == 0;
}

/* The body of a loop whose variable's range is known, once for all turns or for each of them. */
static void check_turns(Verifier *v, const Statement *s, Name *var, int64_t step) {
    const Interval all = var->range;
    const bool known = is_constant_end(all.low) && is_constant_end(all.high);
    if (!s->turns) {
        if (!known || all.low.b <= all.high.b) check_block(v, s);
        return;
    }
    if (!known) refuse(v, "a loop whose turns are not known");
    for (int64_t i = all.low.b; i <= all.high.b; i += step) {
        const int mark = v->n_undo;
        know(v, var, (Interval){{0, i, false}, {0, i, false}}, NULL);
        check_block(v, s);
        forget(v, mark);
    }
}

static void check_for(Verifier *v, const Statement *s) {
    const int mark = v->n_undo;
    for (int i = 0; i < s->n_names; i++) check_expr(v, s->values[i]);
    Name *var = s->moves[0]->target->name;
    const int64_t step = step_of(v, s->moves[0]);
    if (step <= 0 || s->moves[0]->target->kind != EXPR_NAME)
        refuse(v, "a loop that does not go up");
    Sum from;
    if (s->n_names) {
        if (s->names[0] != var) refuse(v, "a loop whose first step is another name's");
        from = sum_of(s->values[0]);
    } else {
        from = sum_constant(sum_low(&(Sum){.terms = {{var, 1}}, .n_terms = 1}));
    }
    forget_assigned(v, s);
    for (int i = 1; i < s->n_names; i++) know(v, s->names[i], interval_all, NULL);
    Bounds *bounds = ARENA_NEW(v->arena, Bounds);
    bounds->low[0] = kept(v, from);
    const Sum self = {.terms = {{var, 1}}, .n_terms = 1};
    know(v, var, (Interval){sum_low(&from), interval_all.high}, bounds);
    assume(v, s->condition, true);
    if (s->n_names) var->range = whole_steps(var->range, step);
    for (int i = 1; i < s->n_moves; i++) {
        Name *moved = s->moves[i]->target->name;
        const int64_t by = step_of(v, s->moves[i]);
        if (!moved->type.pointer || by % step != 0) continue;
        const Sum turns = sum_add(&self, &from, -1);
        const Sum start = place_of(v, &(Expr){.kind = EXPR_NAME, .name = moved});
        know(v, moved, interval_all, same_as(v, sum_add(&start, &turns, by / step)));
    }
    check_turns(v, s, var, step);
    forget(v, mark);
    /* A name that goes on after the loop is one step further at most. */
    if (!s->n_names) know(v, var, (Interval){var->range.low, interval_all.high}, NULL);
    forget_assigned(v, s);
}

static void check_declare(Verifier *v, const Statement *s) {
    for (int i = 0; i < s->n_names; i++) {
        Name *name = s->names[i];
        const Expr *value = s->values[i];
        if (!value) continue;
        if (name->type.pointer) {
            know(v, name, interval_all, same_as(v, place_of(v, value)));
            continue;
        }
        check_expr(v, value);
        if (name->type.base > BASE_BYTE) continue;
        const Sum sum = sum_of(value);
        const Expr *a, *b;
        Bounds *bounds = same_as(v, sum);
        if (is_minimum(value, &a, &b)) {
            bounds->low[0] = NULL;
            bounds->high[0] = kept(v, sum_of(a));
            bounds->high[1] = kept(v, sum_of(b));
        }
        know(v, name, sum_interval(&sum), bounds);
    }
}

static void check_assign(Verifier *v, const Statement *s) {
    const Expr *to = s->target;
    if (s->value && !s->value->type.pointer) check_expr(v, s->value);
    if (to->kind == EXPR_INDEX) {
        check_expr(v, to->in[1]);
        const Memory *m = loops_memory(to->in[0]);
        access(v, to->in[0], sum_of(to->in[1]), sum_constant((Linear){0, 1, false}), true);
        if (m->base == BASE_INT && *s->operator== '=' && !m->content.high.unbounded) {
            const Sum sum = sum_of(s->value);
            const Interval joined = interval_join(sum_interval(&sum), m->content);
            if (!interval_equal(joined, m->content))
                refuse(v, arena_printf(v->arena, "%s gets what is outside its range", m->name));
        }
        return;
    }
    if (to->kind == EXPR_UNARY) {
        access_plain(v, to->in[0], 1, true);
        return;
    }
    if (to->type.pointer) {
        const Sum at = place_of(v, to);
        if (*s->operator== '=')
            know(v, to->name, interval_all, same_as(v, place_of(v, s->value)));
        else if (s->value) {
            const Sum by = sum_of(s->value);
            know(v, to->name, interval_all, same_as(v, sum_add(&at, &by, 1)));
        }
    } else if (to->type.base <= BASE_BYTE) {
        Interval r = interval_all;
        if (*s->operator== '=') {
            const Sum sum = sum_of(s->value);
            r = sum_interval(&sum);
        }
        know(v, to->name, r, NULL);
    }
}

/* A macro's body, with the values that its names have in this place. */
static void check_use(Verifier *v, const Statement *s) {
    const Statement *macro = s->macro;
    const int mark = v->n_undo;
    for (int i = 0; i < macro->n_names; i++) {
        check_expr(v, s->values[i]);
        if (macro->names[i]->type.base == BASE_ROW) continue;
        const Sum sum = sum_of(s->values[i]);
        know(v, macro->names[i], sum_interval(&sum), same_as(v, sum));
    }
    check_block(v, macro);
    forget(v, mark);
}

static void check_statement(Verifier *v, const Statement *s) {
    v->at = s;
    const int mark = v->n_undo;
    switch (s->kind) {
    case STATEMENT_FOR:
        check_for(v, s);
        break;
    case STATEMENT_IF: {
        check_expr(v, s->condition);
        if (is_never(s->condition, true)) break;
        assume(v, s->condition, true);
        Memory *asked = s->condition->type.pointer ? loops_memory(s->condition) : NULL;
        if (asked) asked->optional = false;
        check_block(v, s);
        if (asked) asked->optional = true;
        forget(v, mark);
        forget_assigned(v, s);
        break;
    }
    case STATEMENT_BLOCK:
        check_block(v, s);
        break;
    case STATEMENT_CONTINUE:
        check_expr(v, s->condition);
        assume(v, s->condition, false);
        break;
    case STATEMENT_DECLARE:
        check_declare(v, s);
        break;
    case STATEMENT_ASSIGN:
        check_assign(v, s);
        break;
    case STATEMENT_DO:
    case STATEMENT_MAC:
        check_expr(v, s->value);
        break;
    case STATEMENT_ARRAY:
        s->names[0]->memory->written = s->operator!= NULL;
        break;
    case STATEMENT_GIVEN: {
        if (s->target->kind != EXPR_NAME) {
            assume_less(v, s->values[0], s->target, false);
            assume_less(v, s->target, s->values[1], false);
            break;
        }
        const Sum low = sum_of(s->values[0]), high = sum_of(s->values[1]);
        Bounds *bounds = ARENA_NEW(v->arena, Bounds);
        bounds->low[0] = kept(v, low);
        bounds->high[0] = kept(v, high);
        know(v, s->target->name, (Interval){sum_low(&low), sum_high(&high)}, bounds);
        break;
    }
    case STATEMENT_USE:
        check_use(v, s);
        break;
    case STATEMENT_TABLE:
    case STATEMENT_MACRO: /* proved where it is used */
        break;
    }
}

static void check_block(Verifier *v, const Statement *s) {
    for (int i = 0; i < s->n_body; i++) {
        const Statement *b = s->body[i];
        /* What follows is never reached. */
        if (b->kind == STATEMENT_CONTINUE && is_never(b->condition, false)) return;
        check_statement(v, b);
    }
}

void loops_verify(const Loops *l) {
    if (l->n_open != 1) bug("kernel %s leaves a block open", l->kernel);
    Verifier v = {.l = l, .arena = arena_new(), .at = l->body};
    check_block(&v, l->body);
    loops_check_budget(l);
    arena_free(v.arena);
}
