/* Reading lines of loop programs. Private to compiler/loops. */
#ifndef NNGEN_LOOPS_PARSE_H
#define NNGEN_LOOPS_PARSE_H

#include "build.h"

typedef struct Parser {
    Loops *l;
    const char *line; /* whole, for messages */
    const char *at;
} Parser;

/* bug() that shows the kernel, the line and the place in it. */
_Noreturn void parse_mistake(const Parser *p, const char *what);

void parse_space(Parser *p);

/* Takes the symbol or, whole, the word; false, nothing taken, if it does not stand there.
 * parse_want makes a mistake of that. */
bool parse_take(Parser *p, const char *symbol);
void parse_want(Parser *p, const char *symbol);

/* An identifier, or NULL. */
Symbol *parse_symbol(Parser *p);

/* `const float *` and the like; false, nothing taken, if no type stands there. */
bool parse_type(Parser *p, LoopType *type);

/* The expression of operators above the level: 0 for all. */
Expr *parse_expr(Parser *p, int level);
Expr *parse_number(Parser *p);
Expr *parse_name(Parser *p, Name *name);

bool parse_is_number(LoopType t);

/* A mistake unless a name of type `to` may get the value. */
void parse_check_value(const Parser *p, LoopType to, const Expr *value);

/* `ROWS(F16 row, int at)`, the rest of the definition of a macro that is open. */
void parse_macro(Parser *p, Statement *s);

/* `(h, 16)`, the rest of a use. */
Statement *parse_use(Parser *p, const Statement *macro);

#endif
