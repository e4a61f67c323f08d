/* Shares the chunks of a batch out among processes, and among the tasks of each. Adds their
 * gradients in one tree, which does not depend on who adds: docs/numbers.md, sums over chunks. */
#ifndef NNGEN_EMIT_SHARE_H
#define NNGEN_EMIT_SHARE_H

#include "prelude.h"

/* What of a step this process does, where several are at work on it. */
typedef struct NnOwn {
    int owner[NN_MAX_CHUNKS + 1]; /* first chunk of each process; behind the last: all chunks */
    int left[NN_MAX_CHUNKS + 1]; /* first row that each process leaves; behind the last: all rows */
    int rank, size;
    bool sliced;       /* each process updates a slice of the parameters, else all of them */
    size_t at, floats; /* what of the gradient this process updates */
} NnOwn;

/* From so many floats of gradients on, and so many processes, each updates a slice. */
#define NN_SLICED_FLOATS 1048576
#define NN_SLICED_SIZE 8

static bool nn_sliced(const NnPeers *peers, size_t n) {
    if (!peers || !peers->exchange || peers->size < 2) return false;
    if (peers->slices_from > 0) return n >= (size_t)peers->slices_from;
    return n >= NN_SLICED_FLOATS && peers->size >= NN_SLICED_SIZE;
}

/* First part of a gradient that process `rank` updates, if each has a slice. */
static int nn_first_part(int rank, int size) {
    return NN_PARTS * rank / size;
}

/* Chunks of the largest branch of the tree that begins with chunk `at` and ends before `end`. */
static int nn_branch(int at, int end) {
    int size = 1;
    while (at % (2 * size) == 0 && at + 2 * size <= end) size *= 2;
    return size;
}

/* Shares out the chunks among processes: no one has more than it must, and with that as few
 * branches of the tree as can be, as each of these is a row that it leaves for the others. */
static void nn_owners(int chunks, int size, int *owner, int *left) {
    int step = 1;
    for (int i = 2; i < 2 * chunks; i *= 2) {
        const int steps = (chunks + i - 1) / i;
        if (i * ((steps + size - 1) / size) <= (chunks + size - 1) / size) step = i;
    }
    const int steps = (chunks + step - 1) / step;
    owner[0] = left[0] = 0;
    for (int i = 0; i < size; i++) {
        const int end = step * (steps * (i + 1) / size);
        owner[i + 1] = end < chunks ? end : chunks;
        left[i + 1] = left[i];
        for (int at = owner[i]; at < owner[i + 1]; at += nn_branch(at, owner[i + 1])) left[i + 1]++;
    }
}

/* The same for this process and a gradient of n floats. */
static void nn_own(const NnPeers *peers, int chunks, size_t n, NnOwn *own) {
    own->rank = peers ? peers->rank : 0;
    own->size = peers ? peers->size : 1;
    own->sliced = nn_sliced(peers, n);
    nn_owners(chunks, own->size, own->owner, own->left);
    own->at = own->sliced ? nn_slice(n, nn_first_part(own->rank, own->size), NN_PARTS) : 0;
    own->floats =
        own->sliced ? nn_slice(n, nn_first_part(own->rank + 1, own->size), NN_PARTS) - own->at : n;
}

/* The samples of a batch that a process computes. */
static void nn_samples(int batch, const NnPeers *peers, int *first, int *end) {
    NnOwn own;
    nn_own(peers, nn_chunks(batch), 0, &own);
    *first = nn_first(batch, own.owner[own.rank]);
    *end = nn_first(batch, own.owner[own.rank + 1]);
}

/* Gets the rows that other processes have made. False: one is lost, and the call says so. */
static bool nn_meet(NnCall *call, void *rows, size_t bytes, const int *from) {
    if (call->peers && call->peers->size > 1 &&
        !call->peers->gather(call->peers->net, rows, bytes, from))
        call->lost = true;
    return !call->lost;
}

/* Makes n floats whole of which each process has its slice. */
static bool nn_meet_slices(NnCall *call, float *x, size_t n) {
    int from[NN_MAX_CHUNKS + 1];
    const int size = call->peers->size;
    for (int i = 0; i <= size; i++)
        from[i] = (int)(nn_slice(n, nn_first_part(i, size), NN_PARTS) / 16);
    return nn_meet(call, x, 16 * sizeof *x, from);
}

/* The same of the squares of the parts. */
static bool nn_meet_squares(NnCall *call, const NnOwn *own, double *squares) {
    int from[NN_MAX_CHUNKS + 1];
    if (!own->sliced) return true;
    for (int i = 0; i <= own->size; i++) from[i] = nn_first_part(i, own->size);
    return nn_meet(call, squares, sizeof *squares, from);
}

/* Sends to each process its slice of the rows of n floats that this one leaves, and gets those of
 * the others: in turn i the processes meet whose numbers add up to i. */
static bool nn_exchange(NnCall *call, const NnOwn *own, size_t n, const float *rows, float *to) {
    const NnPeers *peers = call->peers;
    const int *left = own->left, mine = left[own->rank + 1] - left[own->rank];
    for (int i = 0; i < own->size; i++) {
        const int peer = (i - own->rank + own->size) % own->size;
        const size_t at = nn_slice(n, nn_first_part(peer, own->size), NN_PARTS);
        const size_t floats = nn_slice(n, nn_first_part(peer + 1, own->size), NN_PARTS) - at;
        const int theirs = left[peer + 1] - left[peer];
        for (int k = 0; k < mine || k < theirs; k++) {
            const float *from = rows + (size_t)(k < mine ? k : 0) * n + at;
            float *place = to + (size_t)(left[peer] + (k < theirs ? k : 0)) * own->floats;
            if (peer == own->rank)
                NN_COPY(place, from, floats * sizeof *to);
            else if (!peers->exchange(peers->net, peer, from, k < mine ? floats * sizeof *to : 0,
                                      place, k < theirs ? own->floats * sizeof *to : 0))
                call->lost = true;
            if (call->lost) return false;
        }
    }
    return true;
}

/* Gets the rows that the processes have left. */
static bool nn_collect(NnCall *call, const NnOwn *own, size_t n, float *rows, float *to) {
    if (own->sliced) return nn_exchange(call, own, n, rows, to);
    return nn_meet(call, to, n * sizeof *to, own->left);
}

/* The gradient of the batch, whose slice each process has. */
static bool nn_whole(NnCall *call, const NnOwn *own, size_t n, const float *slice, float *whole) {
    if (!own->sliced) return true;
    NN_COPY(whole + own->at, slice, own->floats * sizeof *whole);
    return nn_meet_slices(call, whole, n);
}

/* Where a range of the gradient meets the slice of a process: floats from the range's beginning. */
static void nn_cut(const NnRange *range, size_t at, size_t floats, size_t *from, size_t *to) {
    const size_t first = range->gradient, end = first + range->count;
    *from = at > first ? at - first : 0;
    *to = at + floats < end ? at + floats - first : range->count;
    if (at + floats <= first || at >= end) *from = *to = 0;
}

/* Gives the parameters that each process has updated to all, by way of `whole`. */
static bool nn_spread(NnCall *call, const NnOwn *own, size_t n, const NnRange *ranges, int count,
                      float *state, float *whole) {
    size_t from, to;
    if (!own->sliced) return true;
    for (int i = 0; i < count; i++) {
        nn_cut(ranges + i, own->at, own->floats, &from, &to);
        NN_COPY(whole + ranges[i].gradient + from, state + ranges[i].param + from,
                (to - from) * sizeof *state);
    }
    if (!nn_meet_slices(call, whole, n)) return false;
    for (int i = 0; i < count; i++)
        NN_COPY(state + ranges[i].param, whole + ranges[i].gradient,
                ranges[i].count * sizeof *state);
    return true;
}

/* How tasks add the chunks' gradients, in that same order. A task has consecutive chunks and some
 * rows of gradients; where no row is left for the next chunk, the task adds two that are siblings
 * in the tree. What the tasks leave is added at the end. */
typedef struct NnTree {
    unsigned char first[NN_MAX_CHUNKS + 1]; /* chunk of each task; behind the last: all chunks */
    unsigned char row[NN_MAX_CHUNKS];       /* of each chunk */
    unsigned char to[NN_MAX_CHUNKS], from[NN_MAX_CHUNKS]; /* additions: row `from` to row `to` */
    unsigned char before[NN_MAX_CHUNKS + 1];              /* first addition before each chunk */
    unsigned char slot[NN_MAX_CHUNKS]; /* of the additions at the end: room for the sum */
    int rows, additions, end;          /* of additions: the first one at the end */
} NnTree;

/* Sums under way at the end, at most. */
#define NN_SLOTS 6
/* Floats of one of them. */
#define NN_STRIP 512

/* Rows that a task needs for chunks from `first` to before `end`, if siblings are added at once. */
static int nn_rows(int first, int end) {
    int most = 0, rows = 0;
    for (int chunk = first; chunk < end; chunk++) {
        if (++rows > most) most = rows;
        for (int size = 2; (chunk + 1) % size == 0 && chunk + 1 - size >= first; size *= 2) rows--;
    }
    return most;
}

/* Shares out the chunks: to every task the same number, in steps of a power of two that is as small
 * as the memory allows, tasks * (log2(chunks / tasks) + 1) rows. Returns the number of rows. */
static int nn_share(int chunks, int tasks, unsigned char *first) {
    double room = 1.0; /* two to the power of the rows that are allowed beyond one a task */
    for (int i = 0; i < tasks; i++) room *= (double)chunks / (double)tasks;
    for (int step = 1;; step *= 2) {
        const int steps = (chunks + step - 1) / step;
        int rows = 0;
        first[0] = 0;
        for (int task = 0; task < tasks; task++) {
            const int end = step * (steps * (task + 1) / tasks);
            first[task + 1] = (unsigned char)(end < chunks ? end : chunks);
            rows += nn_rows(first[task], first[task + 1]);
        }
        double need = 1.0;
        for (int i = tasks; i < rows; i++) need *= 2.0;
        if (need <= room || 2 * step * tasks > chunks) return rows;
    }
}

/* Most rows that up to so many chunks need; fewer tasks need no more. */
static int nn_most_rows(int chunks, int tasks) {
    unsigned char first[NN_MAX_CHUNKS + 1];
    int most = 0;
    for (int i = tasks; i <= chunks; i++) {
        const int rows = nn_share(i, tasks, first);
        if (rows > most) most = rows;
    }
    return most;
}

/* A sum of `size` chunks from `first` on, and its row. */
typedef struct NnBranch {
    int first, size, row;
} NnBranch;

/* Adds the second of two neighbours on the stack to the first, which takes its place. */
static void nn_join(NnTree *tree, NnBranch *left, int behind) {
    tree->to[tree->additions] = (unsigned char)left[0].row;
    tree->from[tree->additions++] = (unsigned char)left[1].row;
    left[0].size += left[1].size;
    for (int i = 1; i <= behind; i++) left[i] = left[i + 1];
}

static bool nn_siblings(const NnBranch *left) {
    return left[0].size == left[1].size && left[0].first % (2 * left[0].size) == 0;
}

/* Lists the additions at the end, of n sums. Those lie in slots by their depth in the tree, as the
 * rows are not written to. `whole`: they are the sums of all chunks. */
static void nn_end(NnTree *tree, NnBranch *stack, int n, bool whole) {
    int depth = 0;
    tree->end = tree->additions;
    for (int i = 0; i < n; i++) {
        stack[depth++] = stack[i];
        while (depth > 1 && ((whole && i == n - 1) || nn_siblings(stack + depth - 2))) {
            depth--;
            tree->slot[tree->additions] = (unsigned char)(depth - 1);
            nn_join(tree, stack + depth - 1, 0);
        }
    }
}

/* Shares out the chunks of this process, and lists what is added when. Of several processes each
 * leaves its sums in rows of their own: with slices they are its first ones, else those among the
 * rows of all. */
static void nn_tree(const NnOwn *own, int tasks, NnTree *tree) {
    NnBranch stack[NN_MAX_CHUNKS + 1];
    const int begin = own->owner[own->rank], chunks = own->owner[own->rank + 1];
    const bool alone = own->size == 1;
    int kept = own->sliced ? 0 : own->left[own->rank], next = begin;
    int base = alone         ? 0
               : own->sliced ? own->left[own->rank + 1] - own->left[own->rank]
                             : own->left[own->size];
    int depth = 0;
    nn_share(chunks - begin, tasks, tree->first);
    tree->additions = 0;
    for (int task = 0; task <= tasks; task++)
        tree->first[task] = (unsigned char)(tree->first[task] + begin);
    for (int task = 0; task < tasks; task++) {
        const int first = tree->first[task], end = tree->first[task + 1], bottom = depth;
        const int rows = nn_rows(first, end);
        for (int chunk = first; chunk < end; chunk++) {
            int row = base + depth - bottom;
            tree->before[chunk] = (unsigned char)tree->additions;
            if (depth - bottom == rows) {
                int i = bottom;
                while (!nn_siblings(stack + i)) i++;
                row = stack[i + 1].row;
                nn_join(tree, stack + i, depth - i - 2);
                depth--;
            }
            if (!alone && chunk == next) {
                row = kept++;
                next += nn_branch(next, chunks);
            }
            tree->row[chunk] = (unsigned char)row;
            stack[depth++] = (NnBranch){chunk, 1, row};
        }
        base += rows;
    }
    tree->before[chunks] = (unsigned char)tree->additions;
    tree->rows = base;
    nn_end(tree, stack, depth, alone);
}

/* What is added of the rows that all processes have left. */
static void nn_rest(const NnOwn *own, NnTree *tree) {
    NnBranch stack[NN_MAX_CHUNKS + 1];
    int n = 0;
    for (int i = 0; i < own->size; i++)
        for (int at = own->owner[i], end = own->owner[i + 1]; at < end;) {
            const int size = nn_branch(at, end);
            stack[n] = (NnBranch){at, size, n};
            at += size;
            n++;
        }
    tree->rows = n;
    tree->additions = 0;
    nn_end(tree, stack, n, true);
}

/* Floats that the gradients, of n floats each, of batches of up to so many chunks need. */
static size_t nn_room(int chunks, int tasks, const NnPeers *peers, size_t n) {
    const size_t rows = (size_t)nn_most_rows(chunks, tasks);
    size_t all = 0, mine = 0;
    NnOwn own;
    if (!peers || peers->size == 1) return rows * n;
    for (int i = 1; i <= chunks; i++) {
        nn_own(peers, i, n, &own);
        const size_t left = (size_t)(own.left[own.rank + 1] - own.left[own.rank]);
        if ((size_t)own.left[own.size] > all) all = (size_t)own.left[own.size];
        if (left > mine) mine = left;
    }
    return (rows + (own.sliced ? 1 + mine : 0)) * n + all * own.floats;
}

#endif
