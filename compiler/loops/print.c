/* Loop programs as C. The language is a part of C, so this is a matter of layout: a loop over a
 * single loop or a single plain statement takes no brace, operators take only the parentheses that
 * they need. */
#include <string.h>

#include "build.h"

/* Text under construction; lines are short and their number is large. */
typedef struct Text {
    Arena *arena;
    char *at;
    size_t length, room;
} Text;

static void add_some(Text *t, const char *text, size_t n) {
    if (t->length + n + 1 > t->room) {
        t->room = 2 * (t->length + n + 1) + 256;
        char *grown = arena_alloc(t->arena, t->room, 1);
        if (t->length) memcpy(grown, t->at, t->length);
        t->at = grown;
    }
    memcpy(t->at + t->length, text, n);
    t->length += n;
    t->at[t->length] = '\0';
}

static inline void add(Text *t, const char *text) {
    add_some(t, text, strlen(text));
}

static void add_expr(Text *t, const Expr *e, int level);

static void add_type(Text *t, LoopType type) {
    if (type.constant) add(t, "const ");
    add(t, type.pointer && type.base == BASE_INT ? "int32_t" : base_names[type.base]);
    add(t, type.pointer ? " *" : " ");
}

static void add_binary(Text *t, const Expr *e, int level) {
    /* Operators group to the left; compilers want && in ||, and all in &, in parentheses. */
    const bool closed = e->level < level, bits = e->level == LEVEL_BITS;
    const bool inner = e->level == LEVEL_OR;
    const int left = bits                                    ? LEVEL_UNARY
                     : inner && e->in[0]->level == LEVEL_AND ? LEVEL_AND + 1
                                                             : e->level;
    const int right = bits ? LEVEL_UNARY : inner ? LEVEL_AND + 1 : e->level + 1;
    if (closed) add(t, "(");
    add_expr(t, e->in[0], left);
    add(t, " ");
    add(t, e->text);
    add(t, " ");
    add_expr(t, e->in[1], right);
    if (closed) add(t, ")");
}

/* In parentheses if the expression's operator binds less than `level`. */
static void add_expr(Text *t, const Expr *e, int level) {
    switch (e->kind) {
    case EXPR_NUMBER:
        add(t, e->text);
        break;
    case EXPR_NAME:
        if (e->name->parameter) add(t, "(");
        add(t, e->name->text);
        if (e->name->parameter) add(t, ")");
        break;
    case EXPR_CALL:
        add(t, e->word->text);
        add(t, "(");
        for (int i = 0; i < e->n_in; i++) {
            if (i) add(t, ", ");
            add_expr(t, e->in[i], 0);
        }
        add(t, ")");
        break;
    case EXPR_INDEX:
        add_expr(t, e->in[0], LEVEL_UNARY + 1);
        add(t, "[");
        add_expr(t, e->in[1], 0);
        add(t, "]");
        break;
    case EXPR_MEMBER:
        add_expr(t, e->in[0], LEVEL_UNARY + 1);
        add(t, "->");
        add(t, e->text);
        break;
    case EXPR_CAST:
        add(t, "(");
        add_type(t, e->type);
        if (!e->type.pointer) t->length--;
        add(t, ")");
        add_expr(t, e->in[0], LEVEL_UNARY);
        break;
    case EXPR_UNARY:
        add(t, e->text);
        add_expr(t, e->in[0], LEVEL_UNARY);
        break;
    case EXPR_BINARY:
        add_binary(t, e, level);
        break;
    case EXPR_CHOICE:
        if (level > LEVEL_CHOICE) add(t, "(");
        add_expr(t, e->in[0], LEVEL_CHOICE + 1);
        add(t, " ? ");
        add_expr(t, e->in[1], LEVEL_CHOICE);
        add(t, " : ");
        add_expr(t, e->in[2], LEVEL_CHOICE);
        if (level > LEVEL_CHOICE) add(t, ")");
        break;
    }
}

static void add_names(Text *t, const Statement *s) {
    add_type(t, s->names[0]->type);
    for (int i = 0; i < s->n_names; i++) {
        if (i) add(t, s->names[i]->type.pointer ? ", *" : ", ");
        add(t, s->names[i]->text);
        if (!s->values[i]) continue;
        add(t, " = ");
        add_expr(t, s->values[i], 0);
    }
}

static void add_assignment(Text *t, const Statement *s) {
    add_expr(t, s->target, 0);
    if (!strcmp(s->operator, "++")) {
        add(t, "++");
        return;
    }
    add(t, " ");
    add(t, s->operator);
    add(t, " ");
    add_expr(t, s->value, 0);
}

static const char *head(Text *t, const Statement *s) {
    t->length = 0;
    switch (s->kind) {
    case STATEMENT_FOR:
        add(t, "for (");
        if (s->n_names) add_names(t, s);
        add(t, "; ");
        add_expr(t, s->condition, 0);
        add(t, "; ");
        for (int i = 0; i < s->n_moves; i++) {
            if (i) add(t, ", ");
            add_assignment(t, s->moves[i]);
        }
        add(t, ")");
        break;
    case STATEMENT_IF:
    case STATEMENT_CONTINUE:
        add(t, "if (");
        add_expr(t, s->condition, 0);
        add(t, s->kind == STATEMENT_IF ? ")" : ") continue;");
        break;
    case STATEMENT_DECLARE:
        add_names(t, s);
        add(t, ";");
        break;
    case STATEMENT_ARRAY: {
        LoopType type = s->names[0]->type;
        type.pointer = false;
        add_type(t, type);
        add(t, s->names[0]->text);
        add(t, arena_printf(t->arena, "[%lld]", (long long)s->size));
        if (s->operator) add(t, " = {0}");
        add(t, ";");
        break;
    }
    case STATEMENT_ASSIGN:
        add_assignment(t, s);
        add(t, ";");
        break;
    case STATEMENT_MAC:
        add(t, arena_printf(t->arena, "MAC%d(%lld, ", s->n_names, (long long)s->size));
        add_expr(t, s->value, 0);
        add(t, ");");
        break;
    case STATEMENT_DO:
        add_expr(t, s->value, 0);
        add(t, ";");
        break;
    case STATEMENT_USE:
        add(t, s->macro->text);
        for (int i = 0; i < s->macro->size; i++) {
            add(t, i ? ", " : "(");
            add_expr(t, s->values[i], 0);
        }
        add(t, ");");
        break;
    case STATEMENT_BLOCK:
    case STATEMENT_TABLE:
    case STATEMENT_GIVEN:
    case STATEMENT_MACRO:
        break;
    }
    return t->length ? t->at : "";
}

static void print_table(Writer *w, Text *t, const Statement *s) {
    w_line(w, "static const int %s[%lld] = {", s->names[0]->text, (long long)s->size);
    for (int i = 0; i < s->size; i += 12) {
        t->length = 0;
        add(t, "   ");
        for (int j = i; j < s->size && j < i + 12; j++)
            add(t, arena_printf(t->arena, " %d,", s->table[j]));
        w_line(w, "%s", t->at);
    }
    w_line(w, "};");
}

static bool is_plain(const Statement *s) {
    return s->kind == STATEMENT_ASSIGN || s->kind == STATEMENT_DO || s->kind == STATEMENT_USE;
}

/* A block of a declaration and a loop, or short statements: its braces take no lines. */
static bool is_close(const Statement *s) {
    if (s->kind != STATEMENT_BLOCK || s->n_body < 2 || s->body[0]->kind != STATEMENT_DECLARE)
        return false;
    if (s->n_body == 2 && s->body[1]->kind == STATEMENT_FOR) return true;
    for (int i = 1; i < s->n_body; i++)
        if (!s->body[i]->flow) return false;
    return true;
}

/* Tells the compiler that nothing reads the names, where that is so. */
static void print_unused(Writer *w, Name *const *names, int n) {
    for (int i = 0; i < n; i++)
        if (!names[i]->used) w_line(w, "(void)%s;", names[i]->text);
}

static void print(Writer *w, Text *t, const Statement *s, const char *tail);

static void print_macro(Writer *w, Text *t, const Statement *s) {
    t->length = 0;
    for (int i = 0; i < s->size; i++) {
        add(t, i ? ", " : "(");
        add(t, s->names[i]->text);
    }
    w_line(w, "#define %s%s) { \\", s->text, t->at);
    Writer *body = writer_new(t->arena);
    w_indent(body, 1);
    for (int i = 0; i < s->n_body; i++) print(body, t, s->body[i], "");
    const char *line = writer_text(body);
    for (const char *end; (end = strchr(line, '\n')); line = end + 1)
        w_line(w, "%.*s \\", (int)(end - line), line);
    w_line(w, "}");
}

static void print_block(Writer *w, Text *t, const Statement *s, const char *tail) {
    const Statement *const first = s->n_body ? s->body[0] : NULL;
    if (s->kind == STATEMENT_FOR && s->n_body == 1 && first->kind == STATEMENT_FOR) {
        w_line(w, "%s", head(t, s));
        print(w, t, first, tail);
    } else if (s->n_body == 1 && is_plain(first) && s->kind != STATEMENT_BLOCK) {
        w_line(w, "%s", head(t, s));
        w_indent(w, 1);
        print(w, t, first, tail);
        w_indent(w, -1);
    } else if (is_close(s)) {
        w_line(w, "{ %s", head(t, first));
        w_indent(w, 1);
        for (int i = 1; i < s->n_body; i++) print(w, t, s->body[i], i + 1 < s->n_body ? "" : " }");
        w_indent(w, -1);
    } else {
        w_open(w, "%s", head(t, s));
        for (int i = 0; i < s->n_body; i++) print(w, t, s->body[i], "");
        w_close_with(w, tail);
    }
}

/* `tail` follows the statement's last line. */
static void print(Writer *w, Text *t, const Statement *s, const char *tail) {
    switch (s->kind) {
    case STATEMENT_FOR:
    case STATEMENT_IF:
    case STATEMENT_BLOCK:
        print_block(w, t, s, tail);
        break;
    case STATEMENT_TABLE:
        print_table(w, t, s);
        break;
    case STATEMENT_MACRO:
        print_macro(w, t, s);
        break;
    case STATEMENT_GIVEN:
        break;
    default:
        if (s->flow)
            w_flow(w, "%s%s", head(t, s), tail);
        else
            w_line(w, "%s%s", head(t, s), tail);
        if (s->kind == STATEMENT_DECLARE) print_unused(w, s->names, s->n_names);
        break;
    }
}

void loops_print(Writer *w, const Loops *l) {
    Text t = {.arena = arena_new()};
    print_unused(w, l->names, l->n_params);
    for (int i = 0; i < l->body->n_body; i++) print(w, &t, l->body->body[i], "");
    for (int i = 0; i < l->body->n_body; i++)
        if (l->body->body[i]->kind == STATEMENT_MACRO)
            w_line(w, "#undef %s", l->body->body[i]->text);
    arena_free(t.arena);
}

static const Writer *printed(Loops *l) {
    if (!l->printed) {
        l->printed = writer_new(l->arena);
        w_indent(l->printed, 1);
        loops_print(l->printed, l);
    }
    return l->printed;
}

const char *loops_text(Loops *l) {
    return writer_text(printed(l));
}

int loops_lines(Loops *l) {
    return writer_lines(printed(l));
}

static const char *size_text(Arena *arena, Linear size) {
    const long long a = size.a, b = size.b;
    if (!a) return arena_printf(arena, "%lld", b);
    return b ? arena_printf(arena, "n * %lld + %lld", a, b) : arena_printf(arena, "n * %lld", a);
}

const char *loops_memories(Arena *arena, const Loops *l) {
    const char *text = "";
    for (int i = 0; i < l->n_memories; i++) {
        const Memory *m = l->memories[i];
        const char *range = "";
        if (!m->table && !m->content.high.unbounded)
            range = arena_printf(arena, " up to %s", size_text(arena, m->content.high));
        text = arena_printf(arena, "%s%s%s: %s[%s]%s%s\n", text, m->writable ? "" : "const ",
                            m->name, base_names[m->base], size_text(arena, m->size), range,
                            m->writable && m->filled ? ", which has values" : "");
    }
    return text;
}

const char *loops_dump(Arena *arena, const Loops *l) {
    Writer *w = writer_new(arena);
    const Node *node = l->node;
    const char *where = "";
    if (node && node->loc.line)
        where = arena_printf(arena, ": %s%s%s, %s:%d", node->op->name, node->name ? " " : "",
                             node->name ? node->name : "", node->loc.file, node->loc.line);
    w_line(w, "kernel %s%s", l->kernel, where);
    w_indent(w, 1);
    const char *memories = loops_memories(arena, l);
    w_line(w, "%.*s", (int)strlen(memories) - 1, memories);
    loops_print(w, l);
    return writer_text(w);
}

_Noreturn void loops_refuse(const Loops *l, const Statement *at, const char *what) {
    bug("kernel %s, line %d: %s\n%s", l->kernel, at->line, what, loops_dump(l->arena, l));
}
