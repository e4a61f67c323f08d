/* Expressions of loop programs, and what all reading of lines is made of. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

_Noreturn void parse_mistake(const Parser *p, const char *what) {
    bug("kernel %s, `%s`, at `%s`: %s", p->l->kernel, p->line, p->at, what);
}

void parse_space(Parser *p) {
    while (*p->at == ' ' || *p->at == '\n') p->at++;
}

static bool in_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* Takes the symbol or, whole, the word. */
bool parse_take(Parser *p, const char *symbol) {
    parse_space(p);
    const char *at = p->at;
    while (*symbol && *at == *symbol) at++, symbol++;
    if (*symbol || (in_word(at[-1]) && in_word(*at))) return false;
    p->at = at;
    return true;
}

void parse_want(Parser *p, const char *symbol) {
    if (!parse_take(p, symbol)) parse_mistake(p, arena_printf(p->l->arena, "`%s` wanted", symbol));
}

/* An identifier, or NULL. */
Symbol *parse_symbol(Parser *p) {
    parse_space(p);
    const char *from = p->at;
    if (!in_word(*from) || isdigit((unsigned char)*from)) return NULL;
    while (in_word(*p->at)) p->at++;
    return loops_symbol(p->l, from, (size_t)(p->at - from));
}

/* `const float *` and the like; false, nothing taken, if no type stands there. */
bool parse_type(Parser *p, LoopType *type) {
    const char *from = p->at;
    *type = (LoopType){.constant = parse_take(p, "const")};
    const Symbol *symbol = parse_symbol(p);
    if (!symbol || symbol->base == BASE_COUNT) {
        p->at = from;
        return false;
    }
    type->base = symbol->base;
    type->pointer = parse_take(p, "*");
    return true;
}

static bool is_integer(LoopType t) {
    return !t.pointer && t.base >= BASE_BOOL && t.base <= BASE_BYTE;
}

bool parse_is_number(LoopType t) {
    return !t.pointer && t.base >= BASE_BOOL && t.base <= BASE_DOUBLE;
}

enum { MAX_ARGUMENTS = 5 };

static Expr *new_expr(Parser *p, ExprKind kind, LoopType type) {
    static const int operands[] = {[EXPR_CALL] = MAX_ARGUMENTS,
                                   [EXPR_INDEX] = 2,
                                   [EXPR_MEMBER] = 1,
                                   [EXPR_CAST] = 1,
                                   [EXPR_UNARY] = 1,
                                   [EXPR_BINARY] = 2,
                                   [EXPR_CHOICE] = 3};
    Expr *e = arena_alloc(p->l->arena, 1, sizeof *e + sizeof *e->in * (size_t)operands[kind]);
    e->kind = kind;
    e->type = type;
    return e;
}

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
        return parse_is_number(t);
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
    if (!word) parse_mistake(p, arena_printf(p->l->arena, "no word `%s`", text));
    Expr *e = new_expr(p, EXPR_CALL, (LoopType){word->result, false, false});
    e->word = word;
    const char *param = word->params;
    while (!parse_take(p, ")")) {
        if (e->n_in == MAX_ARGUMENTS) parse_mistake(p, "too many arguments");
        if (e->n_in) parse_want(p, ",");
        Expr *in = e->in[e->n_in++] = parse_expr(p, 0);
        if (!fits_param(&param, in->type))
            parse_mistake(p, arena_printf(p->l->arena, "argument %d of %s", e->n_in, text));
    }
    /* ROW takes as many registers as a row has. */
    int registers = !strcmp(text, "ROW") ? isa_vectors(p->l->isa) : e->n_in;
    if (e->n_in != registers || (*param && strcmp(text, "ROW") != 0))
        parse_mistake(p, arena_printf(p->l->arena, "too few arguments of %s", text));
    return e;
}

Expr *parse_number(Parser *p) {
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
    e->text = arena_strndup(p->l->arena, from, (size_t)(end - from));
    p->at = end;
    return e;
}

Expr *parse_name(Parser *p, Name *name) {
    Expr *e = new_expr(p, EXPR_NAME, name->type);
    e->name = name;
    name->used = true;
    return e;
}

static Expr *parse_primary(Parser *p) {
    parse_space(p);
    if (isdigit((unsigned char)*p->at)) return parse_number(p);
    if (parse_take(p, "(")) {
        LoopType type;
        if (parse_type(p, &type)) {
            parse_want(p, ")");
            Expr *e = new_expr(p, EXPR_CAST, type);
            e->in[e->n_in++] = parse_expr(p, LEVEL_UNARY);
            return e;
        }
        Expr *e = parse_expr(p, 0);
        parse_want(p, ")");
        return e;
    }
    const Symbol *symbol = parse_symbol(p);
    if (!symbol) parse_mistake(p, "an expression wanted");
    if (parse_take(p, "(")) return parse_call(p, symbol);
    if (!symbol->name && p->l->macro) loops_place_name(p->l, symbol->text);
    if (!symbol->name)
        parse_mistake(p, arena_printf(p->l->arena, "no name `%s` here", symbol->text));
    return parse_name(p, symbol->name);
}

static Expr *parse_postfix(Parser *p) {
    Expr *e = parse_primary(p);
    for (;;) {
        if (parse_take(p, "[")) {
            if (!e->type.pointer) parse_mistake(p, "a pointer wanted before [");
            Expr *at = new_expr(p, EXPR_INDEX, (LoopType){e->type.base, false, e->type.constant});
            at->in[at->n_in++] = e;
            at->in[at->n_in++] = parse_expr(p, 0);
            parse_want(p, "]");
            if (!is_integer(at->in[1]->type)) parse_mistake(p, "an integer wanted as index");
            e = at;
        } else if (parse_take(p, "->")) {
            Expr *member = new_expr(p, EXPR_MEMBER, (LoopType){BASE_FLOAT, false, false});
            member->in[member->n_in++] = e;
            const Symbol *symbol = parse_symbol(p);
            if (e->type.base != BASE_DROP || !symbol) parse_mistake(p, "no such member");
            member->text = symbol->text;
            e = member;
        } else {
            return e;
        }
    }
}

static Expr *parse_unary(Parser *p) {
    static const char *const operators[] = {"-", "!", "*"};
    parse_space(p);
    for (int i = 0; i < 3; i++) {
        if (*p->at != *operators[i]) continue;
        p->at++;
        Expr *in = parse_unary(p);
        LoopType type = in->type;
        if (i == 2 && !type.pointer) parse_mistake(p, "a pointer wanted after *");
        type.pointer = false;
        Expr *e = new_expr(p, EXPR_UNARY, type);
        e->text = operators[i];
        e->level = LEVEL_UNARY;
        e->in[e->n_in++] = in;
        return e;
    }
    return parse_postfix(p);
}

typedef struct Operator {
    const char *text;
    int level;
} Operator;

/* The operator between two operands that stands there, or NULL. */
static const Operator *operator_at(const char *at) {
    static const Operator operators[] = {
        {"||", LEVEL_OR},     {"&&", LEVEL_AND},   {"&", LEVEL_BITS},  {"==", LEVEL_EQUAL},
        {"!=", LEVEL_EQUAL},  {"<=", LEVEL_LESS},  {">=", LEVEL_LESS}, {"<", LEVEL_LESS},
        {">", LEVEL_LESS},    {"+", LEVEL_SUM},    {"-", LEVEL_SUM},   {"*", LEVEL_PRODUCT},
        {"/", LEVEL_PRODUCT}, {"%", LEVEL_PRODUCT}};
    if (*at == ')' || *at == ',' || *at == ';' || *at == ']') return NULL; /* most often */
    if (*at == '+' && (at[1] == '+' || at[1] == '=')) return NULL;         /* an assignment */
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (*at == *operators[i].text && (!operators[i].text[1] || at[1] == operators[i].text[1]))
            return &operators[i];
    return NULL;
}

static LoopType binary_type(const Parser *p, const char *operator, int level, LoopType a,
                            LoopType b) {
    if (level <= LEVEL_LESS && level != LEVEL_BITS) return (LoopType){BASE_BOOL, false, false};
    if (a.pointer && is_integer(b) && level == LEVEL_SUM) return a;
    if (!parse_is_number(a) || !parse_is_number(b) ||
        ((*operator== '%' || * operator== '&') && !(is_integer(a) && is_integer(b))))
        parse_mistake(p, arena_printf(p->l->arena, "operands of %s", operator));
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

Expr *parse_expr(Parser *p, int level) {
    Expr *e = parse_unary(p);
    for (;;) {
        parse_space(p);
        const Operator *operator= operator_at(p->at);
        if (!operator|| operator->level <= level) break;
        p->at += strlen(operator->text);
        Expr *right = parse_expr(p, operator->level);
        Expr *left = simpler(p, *operator->text, e, right);
        if (left) {
            e = left;
            continue;
        }
        Expr *both = new_expr(
            p, EXPR_BINARY, binary_type(p, operator->text, operator->level, e->type, right->type));
        both->text = operator->text;
        both->level = operator->level;
        both->in[both->n_in++] = e;
        both->in[both->n_in++] = right;
        e = both;
    }
    if (level < LEVEL_CHOICE && parse_take(p, "?")) {
        Expr *choice = new_expr(p, EXPR_CHOICE, e->type);
        choice->level = LEVEL_CHOICE;
        choice->in[0] = e;
        choice->in[1] = parse_expr(p, 0);
        parse_want(p, ":");
        choice->in[2] = parse_expr(p, 0);
        choice->n_in = 3;
        choice->type = choice->in[1]->type;
        e = choice;
    }
    return e;
}

Expr *loops_parse_expr(Loops *l, const char *text) {
    Parser p = {l, text, text};
    Expr *e = parse_expr(&p, 0);
    parse_space(&p);
    if (*p.at) parse_mistake(&p, "the end wanted");
    return e;
}

void parse_check_value(const Parser *p, LoopType to, const Expr *value) {
    LoopType from = value->type;
    bool numbers = parse_is_number(to) && parse_is_number(from);
    if (numbers ? is_integer(to) && !is_integer(from)
                : to.pointer != from.pointer || to.base != from.base ||
                      (to.pointer && from.constant && !to.constant))
        parse_mistake(p, "a value of another type");
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
