/* The loop language: what a kernel is between the plan and C text. A kernel family writes a loop
 * program; the verifier proves it (verify.c), the printer makes C of it, --emit=loops shows it.
 *
 * The language is a small part of C with types and declared memory. Families write it as templates
 * that read as the C they become; each line is parsed, its names are resolved and its types are
 * checked on the spot, and a mistake is a bug() that shows the kernel and the line:
 *
 *   statements    for (int c = 0; c < 64; c += 16, at += 4)
 *                 if (y < 3)
 *                 if (y < 3) continue;
 *                 const F16 t = LOAD(x + c);
 *                 V a0 = V_ZERO(), a1 = V_ZERO();
 *                 a0 = V_FMA(v, w, a0);
 *                 sum += (double)x[c];
 *                 STORE(y + c, t);
 *   expressions   numbers, names, words of the vocabulary (words.def), x[i], d->scale, casts,
 *                 * / % + - < <= > >= == != & && || ?: - ! *
 *
 * Code that several places need is a macro of the program, `#define M(F16 row, int at)` and a block
 * of lines, used as a statement `M(h, 16);`. It is proved where it is used. Names in it that are
 * not known at its definition are integers of the places of use.
 *
 * Memory is what pointers lead into: the kernel's operands, its scratch memory, local arrays and
 * constant tables, each of a stated size, which may grow with the number of samples n. */
#ifndef NNGEN_LOOPS_LOOPS_H
#define NNGEN_LOOPS_LOOPS_H

#include "../isa/isa.h"
#include "../plan/plan.h"

typedef enum Base {
    BASE_VOID,
    BASE_BOOL,
    BASE_INT,
    BASE_UNSIGNED, /* uint32_t */
    BASE_SIZE,     /* size_t, uint64_t */
    BASE_BYTE,     /* uint8_t */
    BASE_FLOAT,
    BASE_DOUBLE,
    BASE_ROW,     /* F16: a row of 16 floats */
    BASE_IROW,    /* I16 */
    BASE_MASK,    /* M16 */
    BASE_VECTOR,  /* V: a register */
    BASE_IVECTOR, /* VI */
    BASE_TABLE,   /* VT: a register that V_PICK picks from */
    BASE_DROP,    /* NnDrop: dropout decisions of a layer */
    BASE_COUNT
} Base;

typedef struct LoopType {
    Base base;
    bool pointer;
    bool constant; /* of what a pointer leads to, or of a name that is not assigned */
} LoopType;

/* A number that depends on the samples: a*n + b for n >= 1 samples; or unbounded. */
typedef struct Linear {
    int64_t a, b;
    bool unbounded;
} Linear;

/* Both ends belong to it. */
typedef struct Interval {
    Linear low, high;
} Interval;

typedef struct Memory {
    const char *name;
    Base base;
    Linear size; /* elements */
    bool filled; /* holds values before the program runs */
    bool writable;
    bool optional; /* there may be none of it: then its pointer is NULL, as `if (pointer)` asks */
    const int *table; /* of constant tables: what they hold */
    bool written;     /* by the program, as far as the verifier has reached */
    Interval content; /* of integers: what may be stored there and is found there */
} Memory;

typedef struct Expr Expr;
typedef struct Statement Statement;

/* A variable of the program. `range` and `bounds` are the verifier's: what it knows in the place
 * that it has reached. */
typedef struct Name {
    const char *text;
    LoopType type;
    bool assigned;     /* after its declaration */
    Memory *memory;    /* pointers: where they lead */
    const Expr *value; /* at its declaration, or NULL */
    Interval range;    /* of integers */
    struct Bounds *bounds;
    int steps;      /* of a sum, while the verifier counts them */
    bool used;      /* by some line: compilers warn of a name that is not */
    bool parameter; /* integer of a macro: any expression stands for it */
    int scope;      /* open statements where it was declared */
    struct Symbol *symbol;
    struct Name *outer; /* of the same text, in scope where this one was declared */
} Name;

/* A word of the vocabulary or of the prelude: words.def. */
typedef struct Word {
    const char *text;
    Base result;
    const char *params; /* a letter each: see words.def */
} Word;

typedef enum ExprKind {
    EXPR_NUMBER, /* `value`; `text` if it is no int */
    EXPR_NAME,
    EXPR_CALL,   /* word(in...) */
    EXPR_INDEX,  /* in[0][in[1]] */
    EXPR_MEMBER, /* in[0]->text */
    EXPR_CAST,   /* (type)in[0] */
    EXPR_UNARY,  /* text in[0] */
    EXPR_BINARY, /* in[0] text in[1] */
    EXPR_CHOICE, /* in[0] ? in[1] : in[2] */
} ExprKind;

struct Expr {
    ExprKind kind;
    LoopType type;
    int level; /* of operators: precedence, higher binds closer */
    int n_in;
    int64_t value;
    const char *text; /* of operators: a constant of the parser's table, comparable by strcmp */
    Name *name;
    const Word *word;
    Expr *in[]; /* as many as the kind may have */
};

typedef enum StatementKind {
    STATEMENT_FOR,
    STATEMENT_IF,
    STATEMENT_BLOCK,
    STATEMENT_CONTINUE, /* if `condition` */
    STATEMENT_DECLARE,  /* `names` with their `values` (NULL: without) */
    STATEMENT_ASSIGN,   /* target operator value */
    STATEMENT_DO,       /* value: a call without result */
    STATEMENT_MAC,      /* names[i] = V_FMA(V_SET(value), wi, names[i]) for each i */
    STATEMENT_TABLE,    /* static const int name[size] */
    STATEMENT_ARRAY,    /* type name[size] */
    STATEMENT_GIVEN,    /* target lies in [values[0], values[1]] */
    STATEMENT_MACRO,    /* a body for `names`: `size` parameters, then names of the places of use */
    STATEMENT_USE,      /* of a macro: `values` for its names */
} StatementKind;

struct Statement {
    StatementKind kind;
    int line;   /* of the program, from 1 */
    bool turns; /* FOR: proved turn by turn */
    bool flow;  /* printed after the statement before it, where that line has room */
    Name **names;
    Expr **values; /* as many as names */
    int n_names, cap_names, cap_values;
    Expr *condition;
    Expr *target, *value;
    const char *operator; /* "=", "+=" */
    Statement **moves;    /* FOR: assignments after each turn */
    int n_moves, cap_moves;
    const int *table;
    const char *text; /* MACRO: its name */
    int fmas;         /* MACRO: multiply-adds of registers, as far as the verifier has counted */
    const Statement *macro; /* USE */
    int64_t size;
    Statement **body;
    int n_body, cap_body;
};

struct Loops {
    Arena *arena;
    const Isa *isa;
    const char *kernel;
    const Node *node; /* that the kernel computes, or NULL */
    Statement *body;  /* a block */
    /* Being built: */
    Statement **open;
    int n_open, cap_open;
    Name **names; /* in scope, the innermost last */
    int n_names, cap_names;
    int n_params;            /* the first of them are the kernel's parameters */
    Statement *macro;        /* that is open */
    struct Symbol **symbols; /* a hash table */
    Memory **memories;
    int n_memories, cap_memories;
    int n_lines;
    int sums; /* registers of sums that it needs at most, more than there are; 0: they suffice */
    Writer *printed; /* loops_text, or NULL */
};

/* An empty program for the kernel: it knows the kernel's operands, scratch memory and arguments,
 * and `int n`, the number of values. */
Loops *loops_new(Arena *arena, const Kernel *kernel, const Isa *isa);

/* An empty program for a copy of a weight: see DerivedKind for its parameters. */
Loops *loops_new_derived(Arena *arena, const Derived *derived, const Isa *isa);

/* An empty program for an optimizer's update, which keeps so many moments, of gradients that a
 * bound of their norm scales or not: see family_update for its parameters. */
Loops *loops_new_update(Arena *arena, const char *name, int moments, bool scaled, const Isa *isa);

/* An empty program for the factors of its step: `float *k`, 8 of them, from `double lr` and
 * `int64_t step`. */
Loops *loops_new_factors(Arena *arena, const char *name);

/* One statement, with `for (...)` before it or not. */
void l_line(Loops *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One statement of many short ones: it may share its line of C with those before it. */
void l_flow(Loops *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Several statements, a line each. */
void l_lines(Loops *l, const char *lines);

/* `for (...)`, `if (...)`, or "" for a block: the lines until l_close belong to it. */
void l_open(Loops *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
void l_close(Loops *l);

/* The same for a loop of few turns that reads tables by its variable: it is proved turn by turn, as
 * what tables hold belongs together. */
void l_open_turns(Loops *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `static const int name[n]`, n > 0. */
void l_table(Loops *l, const char *name, const int *values, int n);

/* States what a line of arithmetic cannot show: `integer`, a name or a sum, lies in [low, high],
 * all of them expressions. The verifier takes it as given, so the caller says in a comment why it
 * holds. */
void l_given(Loops *l, const char *integer, const char *low, const char *high);

/* The program as C statements. */
void loops_print(Writer *w, const Loops *l);

/* The same, indented once, and its lines. Kept until the program goes on. */
const char *loops_text(Loops *l);
int loops_lines(Loops *l);

/* What its parameters and arrays lead to, a line each: with the text, all that a proof rests on. */
const char *loops_memories(Arena *arena, const Loops *l);

/* bug() unless the program keeps the rules of verify.c. */
void loops_verify(const Loops *l);

/* The program for people: --emit=loops. */
const char *loops_dump(Arena *arena, const Loops *l);

#endif
