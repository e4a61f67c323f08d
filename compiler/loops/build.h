/* Private to compiler/loops: what building and reading a program share. */
#ifndef NNGEN_LOOPS_BUILD_H
#define NNGEN_LOOPS_BUILD_H

#include "loops.h"

/* Of operators: what binds closer has a higher level. */
enum {
    LEVEL_CHOICE = 1,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_BITS,
    LEVEL_EQUAL,
    LEVEL_LESS,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_UNARY
};

extern const char *const base_names[BASE_COUNT];

/* A new statement, not yet part of the program. */
Statement *loops_statement(Loops *l, StatementKind kind);

/* Adds the statement to the block that is open. loops_enter also opens it. */
void loops_add(Loops *l, Statement *s);
void loops_enter(Loops *l, Statement *s);

/* What an identifier of the program stands for, as far as it stands for anything. */
typedef struct Symbol Symbol;
struct Symbol {
    const char *text;
    size_t length;
    const Word *word;
    Base base;  /* that it is the name of, or BASE_COUNT */
    Name *name; /* in scope, the innermost, or NULL */
    const Statement *macro;
    Symbol *next;
};
enum { SYMBOL_SLOTS = 256 };

/* The symbol of that text, which need not end where it does. */
Symbol *loops_symbol(Loops *l, const char *text, size_t length);

/* Makes symbols of words and types known to a new program. */
void loops_know_words(Loops *l);

/* A new name; bug() if the innermost scope has it already. */
Name *loops_declare(Loops *l, const char *text, LoopType type, Memory *memory);

/* Declares an integer that the open macro takes from where it is used. */
void loops_place_name(Loops *l, const char *text);

/* Closes the innermost scope. */
void loops_leave(Loops *l);

Memory *loops_add_memory(Loops *l, const char *name, Base base, Linear size);

/* The memory that a pointer's value leads to; NULL if that is unknown. */
Memory *loops_memory(const Expr *e);

/* bug() unless straight-line code keeps its budget: see budget.c. */
void loops_check_budget(const Loops *l);

/* bug() that shows the program and what is wrong at the statement. */
_Noreturn void loops_refuse(const Loops *l, const Statement *at, const char *what);

/* Add what a line says; the first one opens it. */
void loops_parse_open(Loops *l, const char *line);
void loops_parse_line(Loops *l, const char *line);
Expr *loops_parse_expr(Loops *l, const char *text);

#endif
