/* Samples that are windows of one long sequence: sample i begins at a place, all of them at the
 * same distance. */
#include <inttypes.h>

#include "cut.h"

int model_windows(const NnModel *model) {
    return model->n_fields > 0 ? model->fields[0].windows : 0;
}

static int length_of(const NnField *field) {
    return field->rank > 0 ? field->dim[0] : 1;
}

/* Places from one sample to the next: evaluation reads each place of the longest window once. */
static int64_t distance(const NnModel *model, SplitId split) {
    int longest = 1;
    for (int i = 0; i < model->n_fields; i++)
        if (length_of(&model->fields[i]) > longest) longest = length_of(&model->fields[i]);
    return split == SPLIT_TRAIN ? model_windows(model) : longest;
}

/* The split's part of the places 0 to n. */
static bool piece(const DataRequest *request, SplitId split, int64_t n, int64_t *begin,
                  int64_t *end) {
    const CutRequest parts = {
        .val = cut_part(request, SPLIT_VAL), .test = cut_part(request, SPLIT_TEST), .tail = true};
    Cut cut;
    *begin = 0;
    *end = n;
    if (split != SPLIT_TRAIN && !request->cut[split].asked) return true;
    if (!cut_make(&cut, &parts, n)) return false;
    for (int s = SPLIT_TRAIN; s < (int)split; s++) *begin += cut.n[s];
    *end = *begin + cut.n[split];
    return true;
}

bool window_field(const NnModel *model, const NnField *want, const DataRequest *request,
                  SplitId split, const char *array, int64_t n, int64_t count, DataField *field,
                  int64_t *samples) {
    const int64_t row = n > 0 ? count / n : 0, length = length_of(want);
    int64_t begin, end;
    if (length * row != want->count)
        return problem("%s: %" PRId64 " numbers at a place, %" PRId64 " wanted by the model", array,
                       row, want->count / length);
    if (!piece(request, split, n, &begin, &end)) return false;
    const int64_t step = distance(model, split), last = end - begin - length - want->offset;
    if (last < 0)
        return problem("%s: %" PRId64 " places of %s hold no window of %" PRId64 "%s", array,
                       end - begin, split_names[split], length,
                       want->offset ? format_text(", %d places on", want->offset) : "");
    *samples = last / step + 1;
    field->count = want->count;
    field->stride = step * row;
    field->begin = (begin + want->offset) * row;
    return true;
}
