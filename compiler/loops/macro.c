/* Macros of a program: code that is written once and used in several places, with the integers of
 * each place. */
#include "parse.h"

void parse_macro(Parser *p, Statement *s) {
    Loops *l = p->l;
    s->kind = STATEMENT_MACRO;
    Symbol *symbol = parse_symbol(p);
    if (!symbol || l->n_open != 2) parse_mistake(p, "a macro's name wanted, outside blocks");
    s->text = symbol->text;
    parse_want(p, "(");
    do {
        LoopType type;
        if (!parse_type(p, &type) || type.pointer ||
            (type.base != BASE_INT && type.base != BASE_ROW))
            parse_mistake(p, "an int or an F16 wanted");
        const Symbol *param = parse_symbol(p);
        if (!param) parse_mistake(p, "a name wanted");
        type.constant = true;
        Name *name = loops_declare(l, param->text, type, NULL);
        name->parameter = type.base == BASE_INT;
        ARENA_PUSH(l->arena, s->names, s->n_names, s->cap_names, name);
    } while (parse_take(p, ","));
    parse_want(p, ")");
    s->size = s->n_names;
    symbol->macro = l->macro = s;
}

/* Whether the body of a macro declares a name of the same text. */
static bool declares(const Statement *s, const Name *name) {
    for (int i = 0; i < s->n_names && s->kind != STATEMENT_MACRO; i++)
        if (s->names[i]->symbol == name->symbol) return true;
    for (int i = 0; i < s->n_body; i++)
        if (declares(s->body[i], name)) return true;
    return false;
}

/* C would take a name of an argument for the one that the macro declares. */
static void check_capture(const Parser *p, const Statement *macro, const Expr *e) {
    if (e->kind == EXPR_NAME && declares(macro, e->name))
        parse_mistake(p,
                      arena_printf(p->l->arena, "the macro has a `%s` of its own", e->name->text));
    for (int i = 0; i < e->n_in; i++) check_capture(p, macro, e->in[i]);
}

Statement *parse_use(Parser *p, const Statement *macro) {
    Loops *l = p->l;
    if (l->macro) parse_mistake(p, "a macro in a macro");
    Statement *s = loops_statement(l, STATEMENT_USE);
    s->macro = macro;
    s->values = ARENA_ARRAY(l->arena, Expr *, macro->n_names);
    parse_want(p, "(");
    for (int i = 0; i < macro->n_names; i++) {
        const Name *name = macro->names[i];
        if (i < macro->size) {
            if (i) parse_want(p, ",");
            s->values[i] = parse_expr(p, 0);
            check_capture(p, macro, s->values[i]);
        } else {
            if (!name->symbol->name)
                parse_mistake(p, arena_printf(l->arena, "no `%s` for the macro here", name->text));
            s->values[i] = parse_name(p, name->symbol->name);
        }
        parse_check_value(p, name->type, s->values[i]);
        if (i + 1 == macro->size) parse_want(p, ")");
    }
    return s;
}
