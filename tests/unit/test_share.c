/* How chunks are shared out and added, compiled as generated files carry it. */
#include <math.h>

#include "../suite.h"

/* Constants that the plan would define. */
enum { NN_CHUNK_MIN = 12, NN_MAX_CHUNKS = 64 };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include "compiler/emit/prelude.h" /* tested by itself */
#pragma GCC diagnostic pop

#include "compiler/emit/share.h"

/* A branch of the tree over chunks: the sum of those from `from` to before `to`. */
typedef struct Branch {
    int from, to;
} Branch;

/* a + b, which must be the two halves of their sum by the definition. */
static Branch joined(Branch a, Branch b) {
    int half = 1;
    ck_assert_int_eq(a.to, b.from);
    while (2 * half < b.to - a.from) half *= 2;
    ck_assert_int_eq(a.to - a.from, half);
    return (Branch){a.from, b.to};
}

/* Runs the tasks of a process as the stages of generated code do. `rows` get the sums that it
 * leaves. */
static void run_tasks(const NnTree *tree, int tasks, Branch *rows) {
    for (int task = 0; task < tasks; task++) {
        const int start = tree->first[task], end = tree->first[task + 1];
        for (int chunk = start; chunk < end; chunk++) {
            for (int i = tree->before[chunk]; i < tree->before[chunk + 1]; i++) {
                Branch *to = &rows[tree->to[i]], *from = &rows[tree->from[i]];
                ck_assert(to->from >= start && from->to <= chunk);
                *to = joined(*to, *from);
                *from = (Branch){0, 0};
            }
            ck_assert_int_lt(tree->row[chunk], tree->rows);
            ck_assert_int_eq(rows[tree->row[chunk]].to, 0);
            rows[tree->row[chunk]] = (Branch){chunk, chunk + 1};
        }
    }
}

/* The additions at the end, as the update does them: the sum of all. */
static Branch run_end(const NnTree *tree, const Branch *rows) {
    const Branch *row[NN_MAX_CHUNKS];
    Branch sums[NN_SLOTS];
    for (int i = 0; i < tree->rows; i++) row[i] = &rows[i];
    for (int i = tree->end; i < tree->additions; i++) {
        ck_assert_int_lt(tree->slot[i], NN_SLOTS);
        sums[tree->slot[i]] = joined(*row[tree->to[i]], *row[tree->from[i]]);
        row[tree->to[i]] = &sums[tree->slot[i]];
    }
    return *row[0];
}

START_TEST(gradients_are_added_in_one_tree_for_any_number_of_tasks) {
    for (int chunks = 1; chunks <= NN_MAX_CHUNKS; chunks++)
        for (int tasks = 1; tasks <= chunks; tasks++) {
            NnTree tree;
            NnOwn own;
            Branch rows[NN_MAX_CHUNKS] = {{0, 0}};
            nn_own(NULL, chunks, 0, &own);
            nn_tree(&own, tasks, &tree);
            ck_assert(tree.rows <= tasks * (log2((double)chunks / tasks) + 1) + 1e-9);
            ck_assert_int_le(tree.rows, nn_most_rows(chunks, tasks));
            int longest = 0;
            for (int task = 0; task < tasks; task++)
                if (tree.first[task + 1] - tree.first[task] > longest)
                    longest = tree.first[task + 1] - tree.first[task];
            run_tasks(&tree, tasks, rows);
            const Branch all = run_end(&tree, rows);
            ck_assert_int_eq(all.from, 0);
            ck_assert_int_eq(all.to, chunks);
            ck_assert_int_le(3 * longest, 4 * ((chunks + tasks - 1) / tasks));
            for (int fewer = 1; fewer <= tasks; fewer++)
                ck_assert_int_ge(nn_most_rows(chunks, tasks), nn_most_rows(chunks, fewer));
        }
}
END_TEST

/* The numbers of chunks that there are: 2^k and 3 * 2^k. */
static bool is_cut(int chunks) {
    const int odd = chunks / (chunks & -chunks);
    return odd == 1 || odd == 3;
}

START_TEST(the_tree_is_the_same_for_any_number_of_processes) {
    for (int chunks = 1; chunks <= NN_MAX_CHUNKS; chunks++)
        for (int size = 2; is_cut(chunks) && size <= NN_MAX_PEERS; size += size < 9 ? 1 : 5)
            for (int tasks = 1; tasks <= 5; tasks++) {
                NnTree tree;
                NnOwn own;
                Branch all[NN_MAX_CHUNKS] = {{0, 0}};
                for (int rank = 0; rank < size; rank++) {
                    const NnPeers peers = {.size = size, .rank = rank};
                    Branch rows[3 * NN_MAX_CHUNKS] = {{0, 0}};
                    nn_own(&peers, chunks, 64, &own);
                    const int share = own.owner[rank + 1] - own.owner[rank];
                    ck_assert_int_le(share, (chunks + size - 1) / size);
                    nn_tree(&own, tasks, &tree);
                    ck_assert_uint_le((size_t)tree.rows * 64,
                                      nn_room(chunks, tasks < chunks ? tasks : chunks, &peers, 64));
                    run_tasks(&tree, tasks, rows);
                    for (int i = tree.end; i < tree.additions; i++)
                        rows[tree.to[i]] = joined(rows[tree.to[i]], rows[tree.from[i]]);
                    for (int i = own.left[rank]; i < own.left[rank + 1]; i++) all[i] = rows[i];
                }
                nn_rest(&own, &tree);
                ck_assert_int_eq(tree.rows, own.left[size]);
                const Branch sum = run_end(&tree, all);
                ck_assert_int_eq(sum.from, 0);
                ck_assert_int_eq(sum.to, chunks);
            }
}
END_TEST

/* What is exchanged is tested with whole models (tests/many): here nothing has to be. */
START_TEST(a_process_alone_meets_nobody) {
    float x[64] = {0.0f};
    double squares[NN_PARTS] = {0.0};
    const NnPeers alone = {.size = 1};
    const NnRange range = {0, 0, 64};
    for (int i = 0; i < 2; i++) {
        NnCall call = {.peers = i ? &alone : NULL};
        NnOwn own;
        int first, end;
        nn_own(call.peers, 4, 64, &own);
        ck_assert(!own.sliced && own.at == 0 && own.floats == 64);
        ck_assert(nn_collect(&call, &own, 64, x, x) && nn_whole(&call, &own, 64, x, x));
        ck_assert(nn_spread(&call, &own, 64, &range, 1, x, x));
        ck_assert(nn_meet_squares(&call, &own, squares));
        nn_samples(100, call.peers, &first, &end);
        ck_assert(first == 0 && end == 100);
    }
}
END_TEST

SUITE("shares of a batch",
      TESTS(gradients_are_added_in_one_tree_for_any_number_of_tasks,
            the_tree_is_the_same_for_any_number_of_processes, a_process_alone_meets_nobody))
