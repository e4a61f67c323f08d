/* What processes that work together tell each other, whatever moves the bytes. */
#define _GNU_SOURCE
#include "peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "team.h"

/* What a process tells the others where all meet. */
typedef struct Card {
    uint64_t number;
    int32_t ok;
    int32_t leaves;  /* it is at its end */
    char words[500]; /* of its last problem */
} Card;

static const Transport *(*join_group)(void);
static const Transport *group; /* NULL: alone */
static bool at_work, broken;
static double patience; /* of all processes */

void peers_use(const Transport *(*join)(void)) {
    join_group = join;
}

/* Processes that the launcher says it has started; 1: there is none. Slurm sets its variables for a
 * whole job, and those of PMI and PMIx for what srun starts. */
static int launched(void) {
    static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (getenv(sizes[i])) return atoi(getenv(sizes[i]));
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS");
    return tasks && (getenv("PMIX_RANK") || getenv("PMI_RANK")) ? atoi(tasks) : 1;
}

bool peers_join(void) {
    const int size = launched();
    if (size <= 1) return true;
    if (!join_group)
        return problem("started as one of %d processes, but built without MPI: build with "
                       "-DNNGEN_MPI=ON, or start one process",
                       size);
    group = join_group();
    if (!group) return false;
    if (group->peers.size == 1) {
        group->leave(false);
        group = NULL;
        return problem("started as one of %d processes by a launcher of another MPI than the one "
                       "that this program is linked with; that one has a mpirun of its own",
                       size);
    }
    if (group->peers.size > NN_MAX_PEERS) {
        const bool first = group->peers.rank == 0;
        const int all = group->peers.size;
        group->leave(false);
        group = NULL;
        return first ? problem("%d processes: at most %d can share a batch", all, NN_MAX_PEERS)
                     : false;
    }
    if (group->peers.rank > 0) {
        report_held(format_text("process %d", group->peers.rank));
        if (!freopen("/dev/null", "w", stdout)) return problem("/dev/null cannot be opened");
    }
    return true;
}

void peers_work(double seconds) {
    at_work = true;
    patience = seconds;
}

const NnPeers *peers_now(void) {
    return group && at_work ? &group->peers : NULL;
}

int peers_size(void) {
    return group ? group->peers.size : 1;
}

int peers_rank(void) {
    return group ? group->peers.rank : 0;
}

int peers_threads(void) {
    const int here = team_processors(), all = (int)sysconf(_SC_NPROCESSORS_ONLN);
    /* A process that is bound to some of the processors has these for itself. */
    if (!group || here < all || group->here < 1) return here;
    return here > group->here ? here / group->here : 1;
}

double peers_patience(void) {
    return patience;
}

bool peers_broken(void) {
    return broken;
}

bool peers_lost(int process, const char *what) {
    if (broken) return false;
    broken = true;
    report_released(); /* there may be no other one that says it */
    return problem("process %d of %d (%s) %s", process, group->peers.size, group->place(process),
                   what);
}

/* Gets the cards of all. */
static bool meet(Card *cards) {
    int from[NN_MAX_PEERS + 1];
    for (int i = 0; i <= group->peers.size; i++) from[i] = i;
    if (broken || !group->peers.gather(group->peers.net, cards, sizeof *cards, from)) return false;
    for (int i = 0; i < group->peers.size; i++) {
        Card *card = &cards[i];
        card->words[sizeof card->words - 1] = '\0';
        if (card->leaves == cards[group->peers.rank].leaves) continue;
        if (!card->leaves) continue; /* it will see that this one leaves */
        return peers_lost(i,
                          card->words[0] ? format_text("has ended: %s", card->words) : "has ended");
    }
    return true;
}

bool peers_agree(bool ok) {
    Card cards[NN_MAX_PEERS];
    if (!group || !at_work) return ok;
    memset(cards, 0, sizeof cards);
    const int rank = group->peers.rank;
    cards[rank].ok = ok;
    if (!ok) snprintf(cards[rank].words, sizeof cards[rank].words, "%s", problem_text());
    if (!meet(cards)) return false;
    bool all = true;
    for (int i = 0; i < group->peers.size; i++) {
        all = all && cards[i].ok;
        if (rank > 0 || i == 0 || cards[i].ok) continue;
        /* What is wrong everywhere is said once. */
        if (cards[0].ok || strcmp(cards[0].words, cards[i].words) != 0)
            problem("process %d of %d (%s): %s", i, group->peers.size, group->place(i),
                    cards[i].words[0] ? cards[i].words : "stopped without a message");
    }
    return all;
}

/* The number that most processes have; of equally many the one of the lowest process. */
static uint64_t usual(const Card *cards, int n) {
    int most = 0, best = 0;
    for (int i = 0; i < n; i++) {
        int count = 0;
        for (int k = 0; k < n; k++) count += cards[k].number == cards[i].number;
        if (count > most) most = count, best = i;
    }
    return cards[best].number;
}

bool peers_equal(const char *what, uint64_t number) {
    Card cards[NN_MAX_PEERS];
    if (!group || !at_work) return true;
    memset(cards, 0, sizeof cards);
    cards[group->peers.rank].number = number;
    if (!meet(cards)) return false;
    bool equal = true;
    const uint64_t wanted = usual(cards, group->peers.size);
    for (int i = 0; i < group->peers.size; i++) {
        if (cards[i].number == wanted) continue;
        equal = false;
        if (group->peers.rank == 0)
            problem("process %d of %d (%s): %s differs from that of the others", i,
                    group->peers.size, group->place(i), what);
    }
    return equal;
}

void peers_wish(uint32_t wishes) {
    if (peers_now()) group->say(wishes);
}

bool peers_wishes(uint32_t own, uint32_t *wishes) {
    *wishes = own;
    if (!peers_now()) return true;
    if (group->heard(wishes)) return true;
    /* No row of the step was small enough to carry a word. */
    Card cards[NN_MAX_PEERS];
    memset(cards, 0, sizeof cards);
    return meet(cards) && group->heard(wishes);
}

int peers_leave(int status) {
    bool alone = false;
    if (!group) return status;
    Card cards[NN_MAX_PEERS];
    memset(cards, 0, sizeof cards);
    cards[group->peers.rank].ok = status;
    cards[group->peers.rank].leaves = 1;
    if (status != STATUS_OK)
        snprintf(cards[group->peers.rank].words, sizeof cards->words, "%s", problem_text());
    if (meet(cards))
        for (int i = 0; i < group->peers.size; i++) {
            if (!cards[i].leaves) broken = alone = true;
            if (cards[i].ok > status) status = cards[i].ok;
        }
    if (broken && status == STATUS_OK) status = STATUS_FAILED;
    /* The others say who has ended and why, and end all; ending them now could cut their words. */
    if (alone) sleep(1);
    group->leave(broken);
    group = NULL;
    return status;
}
