/* --val-split and --test-split: rows of train that become val and test. */
#include "cut.h"

/* The rows of the training split that go to another one, or stay. */
static Split part(const Cut *cut, const Split *train, SplitId id) {
    Split split = *train;
    int32_t *rows = allocate((size_t)cut->n[id], sizeof *rows);
    split.name = split_names[id];
    split.samples = (int)cut->n[id];
    split.rows = rows;
    for (int i = 0; i < train->samples; i++) {
        int64_t place;
        if (cut_place(cut, i, &place) == id) rows[place] = i;
    }
    return split;
}

/* Whether the source has none of the splits that shall be cut. */
static bool none_is_there(const DataRequest *request, const char *source,
                          const bool has[SPLIT_COUNT]) {
    for (int s = SPLIT_VAL; s < SPLIT_COUNT; s++)
        if (request->cut[s].asked && has[s])
            return problem("--%s-split: %s has such a split already; leave the option out",
                           split_names[s], source);
    return true;
}

bool cut_wanted(const DataRequest *request, const char *source, const bool has[SPLIT_COUNT],
                int rows, Cut *cut) {
    const CutRequest parts = {cut_part(request, SPLIT_VAL), cut_part(request, SPLIT_TEST),
                              request->cut_seed, false};
    return none_is_there(request, source, has) && cut_make(cut, &parts, rows);
}

bool dataset_cut(const NnModel *model, const DataRequest *request, Dataset *data) {
    const Split train = data->split[SPLIT_TRAIN];
    Cut cut;
    if (model_windows(model)) return none_is_there(request, data->source, data->has);
    if (!cut_wanted(request, data->source, data->has, train.samples, &cut)) return false;
    if (cut.n[SPLIT_TRAIN] == train.samples) return true;
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (s == SPLIT_TRAIN || (request->wanted[s] && cut.n[s] > 0))
            data->split[s] = part(&cut, &train, (SplitId)s);
    return true;
}
