/* The values of an evaluation, by name. */
#include "columns.h"

bool columns_have_loss(const NnModel *model) {
    bool any = false;
    for (int p = 0; p < model->n_phases; p++) any = any || !model->phases[p].n_members;
    return any;
}

int columns_members(const NnModel *model) {
    int most = 0;
    for (int p = 0; p < model->n_phases; p++)
        if (model->phases[p].n_members > most) most = model->phases[p].n_members;
    return most;
}

Columns columns_new(const NnModel *model, const bool evaluated[SPLIT_COUNT]) {
    enum { OTHERS = 3 + NN_MAX_MEMBERS };
    const size_t most = OTHERS + SPLIT_COUNT * ((size_t)model->n_metrics + 1);
    const bool loss = columns_have_loss(model);
    Columns c = {.list = allocate(most, sizeof *c.list)};
    if (loss) c.list[c.n++] = (Column){.name = "loss", .falls = true};
    for (int i = 0; i < columns_members(model); i++)
        c.list[c.n++] = (Column){.name = format_text("loss_%d", i + 1), .falls = true};
    c.running = c.n;
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (!evaluated[s]) continue;
        if (loss)
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
                  Running running, const Scores scores[SPLIT_COUNT], double lr, double grad_norm) {
    Column *next = columns->list;
    const bool loss = columns_have_loss(model);
    if (loss) next++->value = running.loss;
    for (int i = 0; i < columns_members(model); i++) next++->value = running.member[i];
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (!evaluated[s]) continue;
        if (loss) next++->value = scores[s].loss;
        for (int m = 0; m < model->n_metrics; m++) next++->value = scores[s].metrics[m];
    }
    next++->value = lr;
    next->value = grad_norm;
}
