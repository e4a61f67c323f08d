/* --val-split and --test-split: rows of train that become val and test. */
#include <string.h>

#include "cut.h"

static double part_of(const DataRequest *request, SplitId split) {
    return request->cut[split].asked ? request->cut[split].part : 0;
}

/* Copies a field's rows that go to the split. */
static void copy_rows(const Cut *cut, SplitId split, const DataField *from, int rows, size_t bytes,
                      DataField *to) {
    const char *source = from->floats     ? (const char *)from->floats
                         : from->integers ? (const char *)from->integers
                                          : (const char *)from->labels;
    char *out = to->floats     ? (char *)to->floats
                : to->integers ? (char *)to->integers
                               : (char *)to->labels;
    for (int64_t i = 0; i < rows; i++) {
        int64_t place;
        if (cut_place(cut, i, &place) == split)
            memcpy(out + (size_t)place * bytes, source + (size_t)i * bytes, bytes);
    }
}

/* The rows of the training split that go to another one, or stay. */
static Split part(const NnModel *model, const Cut *cut, const Split *train, SplitId id) {
    Split split = {.name = split_names[id], .samples = (int)cut->n[id]};
    split_reserve(&split, train->n_fields);
    for (int i = 0; i < train->n_fields; i++) {
        const DataField *from = &train->fields[i];
        const int count = from->floats ? model_field(model, from->name)->count : 0;
        const size_t element = from->integers ? sizeof *from->integers : sizeof *from->floats;
        DataField *to = NULL;
        if (from->integers) {
            to = &split.fields[split.n_fields++];
            *to = (DataField){.name = from->name,
                              .integers = allocate((size_t)split.samples, sizeof *to->integers)};
        } else {
            to = split_add(&split, from->name, count);
        }
        copy_rows(cut, id, from, train->samples, element * (count ? (size_t)count : 1), to);
    }
    return split;
}

bool cut_wanted(const DataRequest *request, const char *source, const bool has[SPLIT_COUNT],
                int rows, Cut *cut) {
    for (int s = SPLIT_VAL; s < SPLIT_COUNT; s++)
        if (request->cut[s].asked && has[s])
            return problem("--%s-split: %s has such a split already; leave the option out",
                           split_names[s], source);
    const CutRequest parts = {part_of(request, SPLIT_VAL), part_of(request, SPLIT_TEST),
                              request->cut_seed, false};
    return cut_make(cut, &parts, rows);
}

bool dataset_cut(const NnModel *model, const DataRequest *request, Dataset *data) {
    const Split train = data->split[SPLIT_TRAIN];
    Cut cut;
    if (!cut_wanted(request, data->source, data->has, train.samples, &cut)) return false;
    if (cut.n[SPLIT_TRAIN] == train.samples) return true;
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (request->wanted[s] && (s == SPLIT_TRAIN || cut.n[s] > 0))
            data->split[s] = part(model, &cut, &train, (SplitId)s);
    if (!request->wanted[SPLIT_TRAIN]) data->split[SPLIT_TRAIN].samples = 0;
    return true;
}
