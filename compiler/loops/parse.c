/* Lines of a loop program to statements: see loops.h for the language. Names are resolved and types
 * checked as they are read. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

typedef struct Parser {
    Loops *l;
    const char *line; /* whole, for messages */
    const char *at;
} Parser;

static _Noreturn void mistake(const Parser *p, const char *what) {
    bug("kernel %s, `%s`, at `%s`: %s", p->l->kernel, p->line, p->at, what);
}

static void skip_space(Parser *p) {
    while (*p->at == ' ' || *p->at == '\n') p->at++;
}

static bool in_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* Takes the symbol or, whole, the word. */
static bool take(Parser *p, const char *symbol) {
    skip_space(p);
    const char *at = p->at;
    while (*symbol && *at == *symbol) at++, symbol++;
    if (*symbol || (in_word(at[-1]) && in_word(*at))) return false;
    p->at = at;
    return true;
}

static void want(Parser *p, const char *symbol) {
    if (!take(p, symbol)) mistake(p, arena_printf(p->l->arena, "`%s` wanted", symbol));
}

/* An identifier, or NULL. */
static Symbol *take_symbol(Parser *p) {
    skip_space(p);
    const char *from = p->at;
    if (!in_word(*from) || isdigit((unsigned char)*from)) return NULL;
    while (in_word(*p->at)) p->at++;
    return loops_symbol(p->l, from, (size_t)(p->at - from));
}

/* `const float *` and the like; false, nothing taken, if no type stands there. */
static bool take_type(Parser *p, LoopType *type) {
    const char *from = p->at;
    *type = (LoopType){.constant = take(p, "const")};
    const Symbol *symbol = take_symbol(p);
    if (!symbol || symbol->base == BASE_COUNT) {
        p->at = from;
        return false;
    }
    type->base = symbol->base;
    type->pointer = take(p, "*");
    return true;
}

static bool is_integer(LoopType t) {
    return !t.pointer && t.base >= BASE_BOOL && t.base <= BASE_BYTE;
}

static bool is_number(LoopType t) {
    return !t.pointer && t.base >= BASE_BOOL && t.base <= BASE_DOUBLE;
}

static Expr *new_expr(Parser *p, ExprKind kind, LoopType type) {
    Expr *e = ARENA_NEW(p->l->arena, Expr);
    e->kind = kind;
    e->type = type;
    return e;
}

static Expr *parse(Parser *p, int level);

/* Whether the argument fits the next parameter of a word; moves on to the one after it. */
static bool fits_param(const char **param, LoopType t) {
    const char *at = *param;
    if (!*at) return false;
    *param = at + strcspn(at, " ");
    while (**param == ' ') ++*param;
    static const char letters[] = "FIMVWT";
    static const Base bases[] = {BASE_ROW,    BASE_IROW,    BASE_MASK,
                                 BASE_VECTOR, BASE_IVECTOR, BASE_TABLE};
    switch (*at) {
    case '<':
    case '>':
        if (!t.pointer || (*at == '>' && t.constant)) return false;
        return at[1] == '*' || t.base == (at[1] == 'f'   ? BASE_FLOAT
                                          : at[1] == 'b' ? BASE_BYTE
                                                         : BASE_INT);
    case 'D':
        return t.pointer && t.base == BASE_DROP;
    case 'f':
    case 'd':
        return is_number(t);
    case 'i':
    case 'z':
        return is_integer(t);
    default:
        break;
    }
    const char *letter = strchr(letters, *at);
    return letter && !t.pointer && t.base == bases[letter - letters];
}

static Expr *parse_call(Parser *p, const Symbol *symbol) {
    const Word *word = symbol->word;
    const char *text = symbol->text;
    if (!word) mistake(p, arena_printf(p->l->arena, "no word `%s`", text));
    Expr *e = new_expr(p, EXPR_CALL, (LoopType){word->result, false, false});
    e->word = word;
    const char *param = word->params;
    while (!take(p, ")")) {
        if (e->n_in == (int)(sizeof e->in / sizeof *e->in)) mistake(p, "too many arguments");
        if (e->n_in) want(p, ",");
        Expr *in = e->in[e->n_in++] = parse(p, 0);
        if (!fits_param(&param, in->type))
            mistake(p, arena_printf(p->l->arena, "argument %d of %s", e->n_in, text));
    }
    /* ROW takes as many registers as a row has. */
    int registers = !strcmp(text, "ROW") ? isa_vectors(p->l->isa) : e->n_in;
    if (e->n_in != registers || (*param && strcmp(text, "ROW") != 0))
        mistake(p, arena_printf(p->l->arena, "too few arguments of %s", text));
    return e;
}

static Expr *parse_number(Parser *p) {
    char *end;
    const char *from = p->at;
    long long value = strtoll(from, &end, 0);
    bool real = *end == '.' || *end == 'e' || *end == 'p';
    if (real) (void)strtod(from, &end);
    LoopType type = {real ? BASE_DOUBLE : BASE_INT, false, false};
    if (*end == 'f' && real) type.base = BASE_FLOAT, end++;
    if (*end == 'u') type.base = BASE_UNSIGNED, end++;
    Expr *e = new_expr(p, EXPR_NUMBER, type);
    e->value = value;
    e->text = arena_printf(p->l->arena, "%.*s", (int)(end - from), from);
    p->at = end;
    return e;
}

static Expr *parse_primary(Parser *p) {
    skip_space(p);
    if (isdigit((unsigned char)*p->at)) return parse_number(p);
    if (take(p, "(")) {
        LoopType type;
        if (take_type(p, &type)) {
            want(p, ")");
            Expr *e = new_expr(p, EXPR_CAST, type);
            e->in[e->n_in++] = parse(p, LEVEL_UNARY);
            return e;
        }
        Expr *e = parse(p, 0);
        want(p, ")");
        return e;
    }
    const Symbol *symbol = take_symbol(p);
    if (!symbol) mistake(p, "an expression wanted");
    if (take(p, "(")) return parse_call(p, symbol);
    if (!symbol->name) mistake(p, arena_printf(p->l->arena, "no name `%s` here", symbol->text));
    Expr *e = new_expr(p, EXPR_NAME, symbol->name->type);
    e->name = symbol->name;
    return e;
}

static Expr *parse_postfix(Parser *p) {
    Expr *e = parse_primary(p);
    for (;;) {
        if (take(p, "[")) {
            if (!e->type.pointer) mistake(p, "a pointer wanted before [");
            Expr *at = new_expr(p, EXPR_INDEX, (LoopType){e->type.base, false, e->type.constant});
            at->in[at->n_in++] = e;
            at->in[at->n_in++] = parse(p, 0);
            want(p, "]");
            if (!is_integer(at->in[1]->type)) mistake(p, "an integer wanted as index");
            e = at;
        } else if (take(p, "->")) {
            Expr *member = new_expr(p, EXPR_MEMBER, (LoopType){BASE_FLOAT, false, false});
            member->in[member->n_in++] = e;
            const Symbol *symbol = take_symbol(p);
            if (e->type.base != BASE_DROP || !symbol) mistake(p, "no such member");
            member->text = symbol->text;
            e = member;
        } else {
            return e;
        }
    }
}

static Expr *parse_unary(Parser *p) {
    static const char *const operators[] = {"-", "!", "*"};
    skip_space(p);
    for (int i = 0; i < 3; i++) {
        if (*p->at != *operators[i]) continue;
        p->at++;
        Expr *in = parse_unary(p);
        LoopType type = in->type;
        if (i == 2 && !type.pointer) mistake(p, "a pointer wanted after *");
        type.pointer = false;
        Expr *e = new_expr(p, EXPR_UNARY, type);
        e->text = operators[i];
        e->level = LEVEL_UNARY;
        e->in[e->n_in++] = in;
        return e;
    }
    return parse_postfix(p);
}

static const struct {
    const char *text;
    int level;
} operators[] = {{"||", 2}, {"&&", 3}, {"==", 4}, {"!=", 4}, {"<=", 5}, {">=", 5}, {"<", 5},
                 {">", 5},  {"+", 6},  {"-", 6},  {"*", 7},  {"/", 7},  {"%", 7}};

static LoopType binary_type(const Parser *p, const char *operator, int level, LoopType a,
                            LoopType b) {
    if (level <= 5) return (LoopType){BASE_BOOL, false, false};
    if (a.pointer && is_integer(b) && level == 6) return a;
    if (!is_number(a) || !is_number(b) || (*operator== '%' && !(is_integer(a) && is_integer(b))))
        mistake(p, arena_printf(p->l->arena, "operands of %s", operator));
    Base base = a.base > b.base ? a.base : b.base;
    return (LoopType){base == BASE_BOOL || base == BASE_BYTE ? BASE_INT : base, false, false};
}

static bool is_number_of(const Expr *e, int64_t value) {
    return e->kind == EXPR_NUMBER && e->type.base == BASE_INT && e->value == value;
}

/* Sizes of one, and distances of nothing, say nothing: x * 1, x + 0, x / 1, x % 1. The operand that
 * is left, or NULL. */
static Expr *simpler(Parser *p, char operator, Expr * a, Expr *b) {
    const bool integers = is_integer(a->type) && is_integer(b->type);
    if ((operator== '+' || operator== '-') && is_number_of(b, 0)) return a;
    if (!integers) return NULL;
    if (operator== '+' && is_number_of(a, 0)) return b;
    if (operator== '*' && is_number_of(a, 1)) return b;
    if ((operator== '*' || operator== '/') && is_number_of(b, 1)) return a;
    const bool none = (operator== '*' &&(is_number_of(a, 0) || is_number_of(b, 0))) ||
                      (operator== '%' && is_number_of(b, 1)) ||
                      (operator== '/' && is_number_of(a, 0));
    if (!none) return NULL;
    Expr *zero = new_expr(p, EXPR_NUMBER, (LoopType){BASE_INT, false, false});
    zero->text = "0";
    return zero;
}

static Expr *parse(Parser *p, int level) {
    Expr *e = parse_unary(p);
    for (;;) {
        skip_space(p);
        if (*p->at == '+' && (p->at[1] == '+' || p->at[1] == '=')) break; /* an assignment */
        size_t i = 0, n = sizeof operators / sizeof *operators;
        while (i < n && (*p->at != *operators[i].text ||
                         (operators[i].text[1] && p->at[1] != operators[i].text[1])))
            i++;
        if (i == n || operators[i].level <= level) break;
        p->at += strlen(operators[i].text);
        Expr *right = parse(p, operators[i].level);
        Expr *left = simpler(p, *operators[i].text, e, right);
        if (left) {
            e = left;
            continue;
        }
        Expr *both =
            new_expr(p, EXPR_BINARY,
                     binary_type(p, operators[i].text, operators[i].level, e->type, right->type));
        both->text = operators[i].text;
        both->level = operators[i].level;
        both->in[both->n_in++] = e;
        both->in[both->n_in++] = right;
        e = both;
    }
    if (level < LEVEL_CHOICE && take(p, "?")) {
        Expr *choice = new_expr(p, EXPR_CHOICE, e->type);
        choice->level = LEVEL_CHOICE;
        choice->in[0] = e;
        choice->in[1] = parse(p, 0);
        want(p, ":");
        choice->in[2] = parse(p, 0);
        choice->n_in = 3;
        choice->type = choice->in[1]->type;
        e = choice;
    }
    return e;
}

Expr *loops_parse_expr(Loops *l, const char *text) {
    Parser p = {l, text, text};
    Expr *e = parse(&p, 0);
    skip_space(&p);
    if (*p.at) mistake(&p, "the end wanted");
    return e;
}

/* Memory that a pointer's value leads to. */
Memory *loops_memory(const Expr *e) {
    switch (e->kind) {
    case EXPR_NAME:
        return e->name->memory;
    case EXPR_BINARY:
    case EXPR_CAST:
        return loops_memory(e->in[0]);
    case EXPR_CHOICE:
        return loops_memory(e->in[1]);
    default:
        return NULL;
    }
}

static void check_value(const Parser *p, LoopType to, const Expr *value) {
    LoopType from = value->type;
    bool numbers = is_number(to) && is_number(from);
    if (numbers ? is_integer(to) && !is_integer(from)
                : to.pointer != from.pointer || to.base != from.base ||
                      (to.pointer && from.constant && !to.constant))
        mistake(p, "a value of another type");
}

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
        if (s->n_names && take(p, "*")) own.pointer = true;
        const Symbol *symbol = take_symbol(p);
        if (!symbol) mistake(p, "a name wanted");
        const char *text = symbol->text;
        if (take(p, "[")) {
            if (s->n_names) mistake(p, "an array is declared alone");
            s->kind = STATEMENT_ARRAY;
            s->value = parse(p, 0);
            want(p, "]");
            if (s->value->kind != EXPR_NUMBER) mistake(p, "a constant size wanted");
            s->size = s->value->value;
            if (take(p, "=")) {
                want(p, "{");
                want(p, "0");
                want(p, "}");
                s->operator= "= {0}";
            }
            own.pointer = true;
            Memory *m = loops_add_memory(p->l, text, own.base, (Linear){0, s->size, false});
            m->writable = true;
            add_name(p->l, s, loops_declare(p->l, text, own, m), NULL);
            break;
        }
        Expr *value = take(p, "=") ? parse(p, 0) : NULL;
        if (value) check_value(p, own, value);
        /* A pointer may be moved; what it leads to is constant or not. */
        Name *name =
            loops_declare(p->l, text, own, value && own.pointer ? loops_memory(value) : NULL);
        if (own.pointer && !name->memory) mistake(p, "a pointer to no memory");
        name->value = value;
        name->assigned = false;
        add_name(p->l, s, name, value);
        if (!value && constant) mistake(p, "a constant without a value");
    } while (take(p, ","));
    return s;
}

/* `a = b`, `a += b`, `a++`, or a call. */
static Statement *parse_simple(Parser *p) {
    Expr *target = parse(p, 0);
    if (target->kind == EXPR_CALL) {
        if (target->type.base != BASE_VOID) mistake(p, "a value that nobody takes");
        Statement *s = loops_statement(p->l, STATEMENT_DO);
        s->value = target;
        return s;
    }
    Statement *s = loops_statement(p->l, STATEMENT_ASSIGN);
    s->target = target;
    if (take(p, "++")) {
        s->operator= "++";
    } else {
        s->operator= take(p, "+=") ? "+=" : "=";
        if (*s->operator== '=') want(p, "=");
        s->value = parse(p, 0);
        LoopType to = target->type;
        if (*s->operator== '+' && to.pointer) to = (LoopType){BASE_INT, false, false};
        check_value(p, to, s->value);
    }
    if (target->kind == EXPR_NAME) {
        if (target->name->type.constant && !target->name->type.pointer)
            mistake(p, "a constant is assigned");
        target->name->assigned = true;
    } else if ((target->kind != EXPR_INDEX && strcmp(target->text ? target->text : "", "*") != 0) ||
               target->type.constant) {
        mistake(p, "nothing that can be assigned");
    }
    return s;
}

static Expr *parse_condition(Parser *p) {
    Expr *e = parse(p, 0);
    const bool optional = e->kind == EXPR_NAME && e->name->memory && e->name->memory->optional;
    if (!is_number(e->type) && !optional) mistake(p, "a condition wanted");
    return e;
}

static void parse_for(Parser *p, Statement *s) {
    LoopType type;
    if (!take(p, ";")) {
        if (!take_type(p, &type)) mistake(p, "a declaration wanted");
        Statement *first = parse_declaration(p, type);
        s->names = first->names;
        s->values = first->values;
        s->n_names = first->n_names;
        want(p, ";");
    }
    s->condition = parse_condition(p);
    want(p, ";");
    do {
        Statement *move = parse_simple(p);
        if (move->kind != STATEMENT_ASSIGN || *move->operator!= '+') mistake(p, "a step wanted");
        ARENA_PUSH(p->l->arena, s->moves, s->n_moves, s->cap_moves, move);
    } while (take(p, ","));
    want(p, ")");
}

/* Opens what the line opens; returns what follows it. */
static const char *parse_open(Loops *l, const char *line) {
    Parser p = {l, line, line};
    Statement *s = loops_statement(l, STATEMENT_BLOCK);
    loops_enter(l, s);
    if (take(&p, "for")) {
        s->kind = STATEMENT_FOR;
        want(&p, "(");
        parse_for(&p, s);
    } else if (take(&p, "if")) {
        s->kind = STATEMENT_IF;
        want(&p, "(");
        s->condition = parse_condition(&p);
        want(&p, ")");
    }
    skip_space(&p);
    return p.at;
}

void loops_parse_open(Loops *l, const char *line) {
    const char *rest = parse_open(l, line);
    if (*rest) mistake(&(Parser){l, line, rest}, "the end wanted");
}

/* `MAC3(row, value)`, a step of a register tile: a<row>_0 to a<row>_2 add value * w0 to w2. */
static Statement *parse_mac(Parser *p) {
    Statement *s = loops_statement(p->l, STATEMENT_MAC);
    const int count = (int)parse_number(p)->value;
    want(p, "(");
    skip_space(p);
    const int row = (int)parse_number(p)->value;
    want(p, ",");
    s->value = parse(p, 0);
    if (!is_number(s->value->type)) mistake(p, "a number wanted");
    want(p, ")");
    for (int i = 0; i < count; i++) {
        Name *sum = loops_name(p->l, arena_printf(p->l->arena, "a%d_%d", row, i));
        const Name *weight = loops_name(p->l, arena_printf(p->l->arena, "w%d", i));
        if (!sum || !weight || sum->type.base != BASE_VECTOR || sum->type.constant ||
            weight->type.base != BASE_VECTOR)
            mistake(p, "no such row of a tile");
        sum->assigned = true;
        ARENA_PUSH(p->l->arena, s->names, s->n_names, s->cap_names, sum);
    }
    s->size = row;
    return s;
}

static Statement *parse_statement(Parser *p) {
    LoopType type;
    skip_space(p);
    if (!strncmp(p->at, "MAC", 3) && isdigit((unsigned char)p->at[3])) {
        p->at += 3;
        return parse_mac(p);
    }
    if (take_type(p, &type)) return parse_declaration(p, type);
    return parse_simple(p);
}

void loops_parse_line(Loops *l, const char *line) {
    if (!strncmp(line, "for (", 5)) {
        loops_parse_line(l, parse_open(l, line));
        l_close(l);
        return;
    }
    Parser p = {l, line, line};
    Statement *s;
    if (take(&p, "if")) {
        s = loops_statement(l, STATEMENT_CONTINUE);
        want(&p, "(");
        s->condition = parse_condition(&p);
        want(&p, ")");
        want(&p, "continue");
    } else {
        s = parse_statement(&p);
    }
    want(&p, ";");
    skip_space(&p);
    if (*p.at) mistake(&p, "the end wanted");
    loops_add(l, s);
}
