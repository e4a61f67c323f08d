/* Lines of a loop program to statements: see loops.h for the language. Names are resolved and types
 * checked as they are read. */
#include <ctype.h>
#include <string.h>

#include "parse.h"

static void add_name(Loops *l, Statement *s, Name *name, Expr *value) {
    int n = s->n_names;
    ARENA_PUSH(l->arena, s->values, n, s->cap_values, value);
    ARENA_PUSH(l->arena, s->names, s->n_names, s->cap_names, name);
}

/* `float t[96];` or names with values. `type` is taken. */
static Statement *parse_declaration(Parser *p, LoopType type) {
    Statement *s = loops_statement(p->l, STATEMENT_DECLARE);
    const bool constant = type.constant;
    do {
        LoopType own = type;
        if (s->n_names && parse_take(p, "*")) own.pointer = true;
        const Symbol *symbol = parse_symbol(p);
        if (!symbol) parse_mistake(p, "a name wanted");
        const char *text = symbol->text;
        if (parse_take(p, "[")) {
            if (s->n_names) parse_mistake(p, "an array is declared alone");
            s->kind = STATEMENT_ARRAY;
            s->value = parse_expr(p, 0);
            parse_want(p, "]");
            if (s->value->kind != EXPR_NUMBER) parse_mistake(p, "a constant size wanted");
            s->size = s->value->value;
            if (parse_take(p, "=")) {
                parse_want(p, "{");
                parse_want(p, "0");
                parse_want(p, "}");
                s->operator= "= {0}";
            }
            own.pointer = true;
            Memory *m = loops_add_memory(p->l, text, own.base, (Linear){0, s->size, false});
            m->writable = true;
            add_name(p->l, s, loops_declare(p->l, text, own, m), NULL);
            break;
        }
        Expr *value = parse_take(p, "=") ? parse_expr(p, 0) : NULL;
        if (value) parse_check_value(p, own, value);
        /* A pointer may be moved; what it leads to is constant or not. */
        Name *name =
            loops_declare(p->l, text, own, value && own.pointer ? loops_memory(value) : NULL);
        if (own.pointer && !name->memory) parse_mistake(p, "a pointer to no memory");
        name->value = value;
        name->assigned = false;
        add_name(p->l, s, name, value);
        if (!value && constant) parse_mistake(p, "a constant without a value");
    } while (parse_take(p, ","));
    return s;
}

/* `a = b`, `a += b`, `a++`, or a call. */
static Statement *parse_simple(Parser *p) {
    Expr *target = parse_expr(p, 0);
    if (target->kind == EXPR_CALL) {
        if (target->type.base != BASE_VOID) parse_mistake(p, "a value that nobody takes");
        Statement *s = loops_statement(p->l, STATEMENT_DO);
        s->value = target;
        return s;
    }
    Statement *s = loops_statement(p->l, STATEMENT_ASSIGN);
    s->target = target;
    if (parse_take(p, "++")) {
        s->operator= "++";
    } else {
        s->operator= parse_take(p, "+=") ? "+=" : "=";
        if (*s->operator== '=') parse_want(p, "=");
        s->value = parse_expr(p, 0);
        LoopType to = target->type;
        if (*s->operator== '+' && to.pointer) to = (LoopType){BASE_INT, false, false};
        parse_check_value(p, to, s->value);
    }
    if (target->kind == EXPR_NAME) {
        if (target->name->type.constant && !target->name->type.pointer)
            parse_mistake(p, "a constant is assigned");
        target->name->assigned = true;
    } else if ((target->kind != EXPR_INDEX && strcmp(target->text ? target->text : "", "*") != 0) ||
               target->type.constant) {
        parse_mistake(p, "nothing that can be assigned");
    }
    return s;
}

static Expr *parse_condition(Parser *p) {
    Expr *e = parse_expr(p, 0);
    const bool optional = e->kind == EXPR_NAME && e->name->memory && e->name->memory->optional;
    if (!parse_is_number(e->type) && !optional) parse_mistake(p, "a condition wanted");
    return e;
}

static void parse_for(Parser *p, Statement *s) {
    LoopType type;
    if (!parse_take(p, ";")) {
        if (!parse_type(p, &type)) parse_mistake(p, "a declaration wanted");
        Statement *first = parse_declaration(p, type);
        s->names = first->names;
        s->values = first->values;
        s->n_names = first->n_names;
        parse_want(p, ";");
    }
    s->condition = parse_condition(p);
    parse_want(p, ";");
    do {
        Statement *move = parse_simple(p);
        if (move->kind != STATEMENT_ASSIGN || *move->operator!= '+')
            parse_mistake(p, "a step wanted");
        ARENA_PUSH(p->l->arena, s->moves, s->n_moves, s->cap_moves, move);
    } while (parse_take(p, ","));
    parse_want(p, ")");
}

/* Opens what the line opens; returns what follows it. */
static const char *parse_open(Loops *l, const char *line) {
    Parser p = {l, line, line};
    Statement *s = loops_statement(l, STATEMENT_BLOCK);
    loops_enter(l, s);
    if (parse_take(&p, "for")) {
        s->kind = STATEMENT_FOR;
        parse_want(&p, "(");
        parse_for(&p, s);
    } else if (parse_take(&p, "if")) {
        s->kind = STATEMENT_IF;
        parse_want(&p, "(");
        s->condition = parse_condition(&p);
        parse_want(&p, ")");
    } else if (parse_take(&p, "#define")) {
        parse_macro(&p, s);
    }
    parse_space(&p);
    return p.at;
}

void loops_parse_open(Loops *l, const char *line) {
    const char *rest = parse_open(l, line);
    if (*rest) parse_mistake(&(Parser){l, line, rest}, "the end wanted");
}

static char *put_number(char *at, int n) {
    if (n >= 10) at = put_number(at, n / 10);
    *at++ = (char)('0' + n % 10);
    return at;
}

/* The name a3_1 or, `j` negative, w3. There are many of them: no printf. */
static Name *numbered_name(Loops *l, char letter, int i, int j) {
    char text[32] = {letter}, *end = put_number(text + 1, i);
    if (j >= 0) {
        *end++ = '_';
        end = put_number(end, j);
    }
    return loops_symbol(l, text, (size_t)(end - text))->name;
}

/* `MAC3(row, value)`, a step of a register tile: a<row>_0 to a<row>_2 add value * w0 to w2. */
static Statement *parse_mac(Parser *p) {
    Statement *s = loops_statement(p->l, STATEMENT_MAC);
    const int count = (int)parse_number(p)->value;
    parse_want(p, "(");
    parse_space(p);
    const int row = (int)parse_number(p)->value;
    parse_want(p, ",");
    s->value = parse_expr(p, 0);
    if (!parse_is_number(s->value->type)) parse_mistake(p, "a number wanted");
    parse_want(p, ")");
    for (int i = 0; i < count; i++) {
        Name *sum = numbered_name(p->l, 'a', row, i), *weight = numbered_name(p->l, 'w', i, -1);
        if (!sum || !weight || sum->type.base != BASE_VECTOR || sum->type.constant ||
            weight->type.base != BASE_VECTOR)
            parse_mistake(p, "no such row of a tile");
        sum->assigned = sum->used = weight->used = true;
        ARENA_PUSH(p->l->arena, s->names, s->n_names, s->cap_names, sum);
    }
    s->size = row;
    return s;
}

static Statement *parse_statement(Parser *p) {
    LoopType type;
    parse_space(p);
    if (!strncmp(p->at, "MAC", 3) && isdigit((unsigned char)p->at[3])) {
        p->at += 3;
        return parse_mac(p);
    }
    if (parse_type(p, &type)) return parse_declaration(p, type);
    const char *from = p->at;
    const Symbol *symbol = parse_symbol(p);
    if (symbol && symbol->macro) return parse_use(p, symbol->macro);
    p->at = from;
    return parse_simple(p);
}

void loops_parse_line(Loops *l, const char *line) {
    if (!strncmp(line, "for (", 5)) {
        loops_parse_line(l, parse_open(l, line));
        loops_leave(l);
        return;
    }
    Parser p = {l, line, line};
    Statement *s;
    if (parse_take(&p, "if")) {
        s = loops_statement(l, STATEMENT_CONTINUE);
        parse_want(&p, "(");
        s->condition = parse_condition(&p);
        parse_want(&p, ")");
        parse_want(&p, "continue");
    } else {
        s = parse_statement(&p);
    }
    parse_want(&p, ";");
    parse_space(&p);
    if (*p.at) parse_mistake(&p, "the end wanted");
    loops_add(l, s);
}
