/* The budget of straight-line code, rule 4 of verify.c. */
#include <string.h>

#include "build.h"

enum { MAX_FMAS = 256, MAX_STEPS = 8 };

static int count_fmas(const Expr *e) {
    int n = e->kind == EXPR_CALL && !strcmp(e->word->text, "V_FMA");
    for (int i = 0; i < e->n_in; i++) n += count_fmas(e->in[i]);
    return n;
}

/* Multiply-adds of registers in straight-line code: those of the statements themselves. */
static int straight_fmas(const Statement *s) {
    int n = 0;
    for (int i = 0; i < s->n_body; i++) {
        const Statement *b = s->body[i];
        if (b->value && (b->kind == STATEMENT_DO || b->value->type.base == BASE_VECTOR))
            n += count_fmas(b->value);
        if (b->kind == STATEMENT_MAC) n += b->n_names;
        if (b->kind == STATEMENT_BLOCK) n += straight_fmas(b);
        if (b->kind == STATEMENT_USE) n += b->macro->fmas;
    }
    return n;
}

/* The sum that the statement adds a product to, of a tile's row the first one; or NULL. */
static Name *sum_of_step(const Statement *s) {
    if (s->kind == STATEMENT_MAC) return s->names[0];
    if (s->kind != STATEMENT_ASSIGN || s->target->kind != EXPR_NAME || !s->value ||
        s->value->kind != EXPR_CALL || strcmp(s->value->word->text, "V_FMA") != 0)
        return NULL;
    return s->value->in[2]->name == s->target->name ? s->target->name : NULL;
}

/* The largest number of steps that a sum takes in straight-line code, from its declaration or the
 * beginning of the body; `begin` sets all sums back instead. */
static int straight_steps(const Statement *s, bool begin) {
    int most = 0;
    for (int i = 0; i < s->n_body; i++) {
        const Statement *b = s->body[i];
        Name *sum = sum_of_step(b);
        if (sum) sum->steps = begin ? 0 : sum->steps + 1;
        for (int j = 0; j < b->n_names && b->kind == STATEMENT_DECLARE; j++) b->names[j]->steps = 0;
        const int steps = b->kind == STATEMENT_BLOCK ? straight_steps(b, begin)
                          : sum                      ? sum->steps
                                                     : 0;
        if (steps > most) most = steps;
    }
    return most;
}

/* The body of a loop, a branch, a macro or the program, with so many registers of sums around it.
 */
static void check_body(const Loops *l, const Statement *s, int sums) {
    if (s->kind != STATEMENT_BLOCK || s == l->body) { /* other blocks belong to the body around */
        if (straight_fmas(s) > MAX_FMAS)
            loops_refuse(l, s, "more than 256 multiply-adds in a straight body");
        straight_steps(s, true);
        if (straight_steps(s, false) > MAX_STEPS)
            loops_refuse(l, s, "more than 8 steps of a sum in a straight body");
    }
    for (int i = 0; i < s->n_body; i++) {
        Statement *b = s->body[i];
        for (int j = 0; j < b->n_names && b->kind == STATEMENT_DECLARE; j++)
            sums += b->names[j]->assigned && b->names[j]->type.base == BASE_VECTOR;
        if (sums > (l->sums ? l->sums : l->isa->registers))
            loops_refuse(l, b, "more sums than registers");
        check_body(l, b, sums);
        if (b->kind == STATEMENT_MACRO) b->fmas = straight_fmas(b);
    }
}

void loops_check_budget(const Loops *l) {
    check_body(l, l->body, 0);
}
