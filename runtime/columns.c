/* The values of an evaluation, by name. */
#include "columns.h"

Columns columns_new(const NnModel *model, const bool evaluated[SPLIT_COUNT]) {
    enum { OTHERS = 3 };
    const size_t most = OTHERS + SPLIT_COUNT * ((size_t)model->n_metrics + 1);
    Columns c = {.list = allocate(most, sizeof *c.list)};
    c.list[c.n++] = (Column){.name = "loss", .falls = true};
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (!evaluated[s]) continue;
        c.list[c.n++] = (Column){.name = format_text("%s_loss", split_names[s]), .falls = true};
        for (int m = 0; m < model->n_metrics; m++)
            c.list[c.n++] =
                (Column){.name = format_text("%s_%s", split_names[s], model->metrics[m].name),
                         .falls = !model->metrics[m].per_sample && !model->metrics[m].overall};
    }
    c.list[c.n++].name = "lr";
    c.list[c.n++].name = "grad_norm";
    return c;
}

void columns_fill(Columns *columns, const NnModel *model, const bool evaluated[SPLIT_COUNT],
                  double loss, const Scores scores[SPLIT_COUNT], double lr, double grad_norm) {
    Column *next = columns->list;
    next++->value = loss;
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (!evaluated[s]) continue;
        next++->value = scores[s].loss;
        for (int m = 0; m < model->n_metrics; m++) next++->value = scores[s].metrics[m];
    }
    next++->value = lr;
    next->value = grad_norm;
}
