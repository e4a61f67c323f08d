/* Processes that talk by MPI. All that is used are messages between two processes, which every MPI
 * has: so each one that is silent is known, and waiting is ours. Nothing is added here. */
#define _GNU_SOURCE
#include "peers_mpi.h"

#include <errno.h>
#include <mpi.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peers.h"
#include "report.h"

enum {
    SMALL = 4096,    /* bytes of a message that carries a word, and is copied for that */
    PIECE = 1 << 30, /* bytes of one message of MPI at most */
    PIECES = 64,     /* a process has 64 GiB to say at most */
    TAGS = 16384,    /* gathers in turn; exchanges have the tag behind them */
    LINE = 128       /* of a process's place */
};

typedef struct Place {
    char words[LINE], machine[LINE];
    long process; /* its id; 0: it cannot be watched from here */
} Place;

static MPI_Comm comm;
static int rank, size, here;
static bool crowded; /* there are more processes than processors: waiting gives way */
static Place places[NN_MAX_PEERS];
static uint32_t word, words; /* what this process says, and what all have said */
static bool any_word;
static int turn; /* of gathers */

/* Requests under way, and whose they are: the peer that has to do its part. */
typedef struct Requests {
    int n;
    MPI_Request list[2 * NN_MAX_PEERS * 2];
    int of[2 * NN_MAX_PEERS * 2];
} Requests;

/* Whether a process of this machine has died. */
static bool died(int process) {
    if (!places[process].process) return false;
    if (kill((pid_t)places[process].process, 0) != 0 && errno == ESRCH) return true;
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%ld/stat", places[process].process);
    FILE *file = fopen(path, "r");
    if (!file) return false;
    const char *end = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    return end && (end[1] == ' ') && (end[2] == 'Z' || end[2] == 'X');
}

/* The first process whose part of the requests is not done. */
static int silent_one(Requests *requests) {
    for (int i = 0; i < requests->n; i++)
        if (requests->list[i] != MPI_REQUEST_NULL) return requests->of[i];
    return rank;
}

/* Once in a while in a long wait: whether to go on with it. */
static bool worth_waiting(Requests *requests, double waited) {
    for (int i = 0; i < requests->n; i++)
        if (requests->list[i] != MPI_REQUEST_NULL && died(requests->of[i]))
            return peers_lost(requests->of[i], "has died");
    if (peers_patience() <= 0 || waited < peers_patience()) return true;
    return peers_lost(silent_one(requests),
                      format_text("has been silent for %.0f s (--peer-timeout)", peers_patience()));
}

/* Waits for all requests: at first without rest, as most waits are short, then the longer the less
 * often. False after a message. */
static bool finish(Requests *requests) {
    MPI_Status states[2 * NN_MAX_PEERS * 2];
    const double begun = seconds_now();
    double looked = begun;
    for (int tries = 0;; tries++) {
        int done;
        const int error = MPI_Testall(requests->n, requests->list, &done, states);
        if (error != MPI_SUCCESS) {
            for (int i = 0; error == MPI_ERR_IN_STATUS && i < requests->n; i++)
                if (states[i].MPI_ERROR != MPI_SUCCESS && states[i].MPI_ERROR != MPI_ERR_PENDING)
                    return peers_lost(requests->of[i], "is gone, or does something else");
            return peers_lost(silent_one(requests), "is gone");
        }
        if (done) return true;
        if (crowded) sched_yield();
        if (tries % 256 != 255) continue;
        const double now = seconds_now(), waited = now - begun;
        if (waited < 0.002) continue;
        const long rest = waited < 1 ? 50000 : 1000000;
        nanosleep(&(struct timespec){.tv_nsec = rest}, NULL);
        tries = waited < 0.1 ? 0 : 254; /* rest after each look in a long wait */
        if (now - looked < 0.1) continue;
        looked = now;
        if (!worth_waiting(requests, waited)) return false;
    }
}

static void post(Requests *requests, int of, bool send, void *data, size_t bytes, int tag) {
    const int i = requests->n++;
    requests->of[i] = of;
    if (send)
        MPI_Isend(data, (int)bytes, MPI_BYTE, of, tag, comm, &requests->list[i]);
    else
        MPI_Irecv(data, (int)bytes, MPI_BYTE, of, tag, comm, &requests->list[i]);
}

/* What of `bytes` the piece with this number has. */
static size_t piece(size_t bytes, int number, size_t *at) {
    *at = (size_t)number * PIECE;
    return bytes <= *at ? 0 : bytes - *at < PIECE ? bytes - *at : PIECE;
}

/* Bytes of the rows of a process. */
static size_t bytes_of(const int *from, int process, size_t row_bytes) {
    return (size_t)(from[process + 1] - from[process]) * row_bytes;
}

/* A message that is small carries a word in front. */
static bool gather(void *net, void *rows, size_t row_bytes, const int *from) {
    static char mine[SMALL + sizeof word], theirs[NN_MAX_PEERS][SMALL + sizeof word];
    const int tag = turn++ % TAGS;
    const size_t sent = bytes_of(from, rank, row_bytes);
    char *const all = rows;
    Requests requests = {.n = 0};
    size_t most = 0, at;
    (void)net;
    if (peers_broken()) return false;
    if (sent <= SMALL) {
        memcpy(mine, &word, sizeof word);
        memcpy(mine + sizeof word, all + (size_t)from[rank] * row_bytes, sent);
        words |= word;
        any_word = true;
    }
    for (int p = 0; p < size; p++) {
        const size_t bytes = bytes_of(from, p, row_bytes);
        if (bytes > most) most = bytes;
        if (p == rank) continue;
        if (bytes <= SMALL) post(&requests, p, false, theirs[p], bytes + sizeof word, tag);
        if (sent <= SMALL) post(&requests, p, true, mine, sent + sizeof word, tag);
    }
    /* Long rows go where they belong. Each process begins with its neighbour, so that no one is
     * sent to by all at once. */
    for (int n = 0; n < PIECES && (size_t)n * PIECE < most; n++) {
        for (int i = 1; i < size; i++) {
            const int to = (rank + i) % size, of = (rank + size - i) % size;
            const size_t bytes = bytes_of(from, of, row_bytes);
            const size_t part = bytes > SMALL ? piece(bytes, n, &at) : 0;
            if (part)
                post(&requests, of, false, all + (size_t)from[of] * row_bytes + at, part, tag);
            const size_t own = sent > SMALL ? piece(sent, n, &at) : 0;
            if (own) post(&requests, to, true, all + (size_t)from[rank] * row_bytes + at, own, tag);
        }
        if (!finish(&requests)) return false;
        requests.n = 0;
    }
    if (!finish(&requests)) return false;
    for (int p = 0; p < size; p++) {
        const size_t bytes = bytes_of(from, p, row_bytes);
        uint32_t said;
        if (p == rank || bytes > SMALL) continue;
        memcpy(&said, theirs[p], sizeof said);
        memcpy(all + (size_t)from[p] * row_bytes, theirs[p] + sizeof said, bytes);
        words |= said;
        any_word = true;
    }
    return true;
}

static bool exchange(void *net, int peer, const void *send, size_t send_bytes, void *received,
                     size_t received_bytes) {
    size_t at;
    (void)net;
    if (peers_broken()) return false;
    for (int n = 0; n < PIECES; n++) {
        Requests requests = {.n = 0};
        const size_t in = piece(received_bytes, n, &at), out = piece(send_bytes, n, &at);
        if (!in && !out) break;
        if (in) post(&requests, peer, false, (char *)received + at, in, TAGS);
        if (out) post(&requests, peer, true, (char *)(uintptr_t)send + at, out, TAGS);
        if (!finish(&requests)) return false;
    }
    return true;
}

static const char *place(int process) {
    return places[process].words;
}

static void say(uint32_t said) {
    word = said;
}

static bool heard(uint32_t *all) {
    if (!any_word) return false;
    *all = words;
    words = 0;
    any_word = false;
    return true;
}

static void leave(bool lost) {
    if (lost) {
        fflush(NULL);
        memory_release(0); /* half-written files */
        /* mpirun drops what it has not passed on when it hears of the end. */
        const struct timespec moment = {0, 300000000};
        nanosleep(&moment, NULL);
        MPI_Abort(MPI_COMM_WORLD, STATUS_FAILED);
        _exit(STATUS_FAILED);
    }
    MPI_Finalize();
}

/* Who and where all are. */
static void exchange_places(void) {
    Place *own = &places[rank];
    char machine[LINE] = "";
    gethostname(machine, sizeof machine - 1);
    memcpy(own->machine, machine, sizeof own->machine);
    own->process = (long)getpid();
    snprintf(own->words, sizeof own->words, "%.90s, process id %ld", machine, own->process);
    MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, places, (int)sizeof *places, MPI_BYTE, comm);
    for (int p = 0; p < size; p++)
        if (strcmp(places[p].machine, machine) != 0 ||
            kill((pid_t)places[p].process, 0) != 0) /* another container may have that name, too */
            places[p].process = 0;
}

static const Transport *join(void) {
    static Transport transport;
    int provided;
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    MPI_Comm machine;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
        problem("MPI cannot be started");
        return NULL;
    }
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, &here);
    MPI_Comm_free(&machine);
    MPI_Get_library_version(version, &provided);
    crowded = here > (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (size <= NN_MAX_PEERS) exchange_places();
    transport = (Transport){
        .name = strncmp(version, "Open MPI", 8) == 0 ? "Open MPI" : "MPI",
        .peers = {.size = size, .rank = rank, .gather = gather, .exchange = exchange},
        .here = here,
        .place = place,
        .say = say,
        .heard = heard,
        .leave = leave,
    };
    /* For tests: the way of large gradients, for small ones, too. */
    const char *slices = getenv("NNGEN_SLICES_FROM");
    if (slices) transport.peers.slices_from = atoll(slices);
    return &transport;
}

void use_mpi(void) {
    peers_use(join);
}
