/* Cuts rows off the training split. */
#include "cut.h"

#include <inttypes.h>
#include <math.h>

#include "random.h"

double cut_part(const DataRequest *request, SplitId split) {
    return request->cut[split].asked ? request->cut[split].part : 0;
}

static int64_t rows_of(int64_t rows, double part) {
    return part > 0 ? (int64_t)floor((double)rows * part + 0.5) : 0;
}

static bool check(const CutRequest *request, const int64_t n[SPLIT_COUNT], int64_t rows) {
    if (request->val > 0 && n[SPLIT_VAL] == 0)
        return problem("--val-split %g of %" PRId64 " rows is no row", request->val, rows);
    if (request->test > 0 && n[SPLIT_TEST] == 0)
        return problem("--test-split %g of %" PRId64 " rows is no row", request->test, rows);
    return n[SPLIT_TRAIN] > 0 ||
           problem("--val-split and --test-split leave none of the %" PRId64 " rows for training",
                   rows);
}

/* The rows that a permutation puts first are cut; all keep their order. */
static void draw(Cut *cut, uint64_t seed, int64_t rows) {
    cut->split = allocate((size_t)rows, 1);
    cut->row = allocate((size_t)rows, sizeof *cut->row);
    random_permutation(random_stream(seed, "split"), (int)rows, cut->row);
    for (int64_t i = 0; i < cut->n[SPLIT_VAL] + cut->n[SPLIT_TEST]; i++)
        cut->split[cut->row[i]] = i < cut->n[SPLIT_VAL] ? SPLIT_VAL : SPLIT_TEST;
    int32_t next[SPLIT_COUNT] = {0};
    for (int64_t i = 0; i < rows; i++) cut->row[i] = next[cut->split[i]]++;
}

bool cut_make(Cut *cut, const CutRequest *request, int64_t rows) {
    *cut = (Cut){.tail = request->tail};
    cut->n[SPLIT_VAL] = rows_of(rows, request->val);
    cut->n[SPLIT_TEST] = rows_of(rows, request->test);
    cut->n[SPLIT_TRAIN] = rows - cut->n[SPLIT_VAL] - cut->n[SPLIT_TEST];
    if (rows > 0 && !check(request, cut->n, rows)) return false;
    if (request->tail || cut->n[SPLIT_TRAIN] == rows) return true;
    if (rows > INT32_MAX) return problem("of more than 2^31 rows none can be cut off");
    draw(cut, request->seed, rows);
    return true;
}

SplitId cut_place(const Cut *cut, int64_t row, int64_t *place) {
    if (cut->split) {
        *place = cut->row[row];
        return (SplitId)cut->split[row];
    }
    *place = row;
    if (!cut->tail || row < cut->n[SPLIT_TRAIN]) return SPLIT_TRAIN;
    const bool val = row < cut->n[SPLIT_TRAIN] + cut->n[SPLIT_VAL];
    *place -= cut->n[SPLIT_TRAIN] + (val ? 0 : cut->n[SPLIT_VAL]);
    return val ? SPLIT_VAL : SPLIT_TEST;
}
