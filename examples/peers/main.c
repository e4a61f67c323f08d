/* Two processes that train one network and talk through a pair of sockets: `peers FILE` trains with
 * them and saves the weights there, `peers FILE alone` in one process. The bytes are the same. Any
 * transport will do: it moves bytes and adds nothing. */
#define _POSIX_C_SOURCE 200809L
#include "nn.h"
#include "spiral.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES = 600, BATCH = 200, ARMS = 3, SEED = 1 };

/* Each call of read or write may do a part. */
static bool send_all(int socket, const char *from, size_t bytes) {
    while (bytes > 0) {
        const ssize_t n = write(socket, from, bytes);
        if (n <= 0) return false;
        from += n;
        bytes -= (size_t)n;
    }
    return true;
}

static bool receive_all(int socket, char *to, size_t bytes) {
    while (bytes > 0) {
        const ssize_t n = read(socket, to, bytes);
        if (n <= 0) return false; /* the other process has ended */
        to += n;
        bytes -= (size_t)n;
    }
    return true;
}

typedef struct Line {
    int socket, rank;
} Line;

/* One writes while the other one reads: sockets hold little. */
static bool exchange(void *net, int peer, const void *send, size_t send_bytes, void *received,
                     size_t received_bytes) {
    const Line *line = net;
    (void)peer;
    if (line->rank == 0 && !send_all(line->socket, send, send_bytes)) return false;
    if (!receive_all(line->socket, received, received_bytes)) return false;
    return line->rank == 0 || send_all(line->socket, send, send_bytes);
}

static bool gather(void *net, void *rows, size_t row_bytes, const int *from) {
    const Line *line = net;
    const int own = line->rank, other = 1 - own;
    char *all = rows;
    return exchange(net, other, all + (size_t)from[own] * row_bytes,
                    (size_t)(from[own + 1] - from[own]) * row_bytes,
                    all + (size_t)from[other] * row_bytes,
                    (size_t)(from[other + 1] - from[other]) * row_bytes);
}

static double uniform(void) {
    return rand() / (RAND_MAX + 1.0);
}

static void make_points(float (*point)[2], int32_t *arm) {
    for (int i = 0; i < SAMPLES; i++) {
        arm[i] = (int32_t)(uniform() * ARMS);
        const double radius = 0.1 + 0.9 * uniform();
        const double angle = 4 * radius + arm[i] * 2 * 3.14159265 / ARMS + 0.2 * (uniform() - 0.5);
        point[i][0] = (float)(radius * cos(angle));
        point[i][1] = (float)(radius * sin(angle));
    }
}

/* Trains among peers, NULL: alone, and saves the weights to `path`, unless that is NULL. Returns a
 * status. */
static int train(const NnPeers *peers, const char *path) {
    static float point[SAMPLES][2];
    static int32_t arm[SAMPLES];
    const void *fields[NN_SPIRAL_FIELDS];
    char words[NN_WORDS];
    Nn *net = nn_open(&nn_model_spiral, &(NnOptions){.batch = BATCH, .peers = peers}, words);
    if (!net) return fprintf(stderr, "peers: %s\n", words), 1;
    make_points(point, arm);
    double loss = 0;
    bool ok = nn_init(net, SEED) && nn_begin(net, &(NnTraining){.samples = SAMPLES, .seed = SEED});
    for (int first = 0, n; ok && (n = nn_wanted(net)) > 0; first = (first + n) % SAMPLES) {
        fields[NN_SPIRAL_FIELD_POINT] = point + first;
        fields[NN_SPIRAL_FIELD_ARM] = arm + first;
        ok = nn_train_step(net, n, fields, &loss); /* it reads the samples of nn_own_samples */
    }
    ok = ok && (!path || nn_save(net, path));
    if (!ok) fprintf(stderr, "peers: %s\n", nn_words(net));
    if (ok && path) printf("loss %.6f, %s\n", loss, peers ? "by two processes" : "alone");
    nn_close(net);
    return ok ? 0 : 1;
}

int main(int argc, char **argv) {
    int sockets[2], status = 1;
    if (argc < 2) return fprintf(stderr, "usage: peers FILE.safetensors [alone]\n"), 2;
    if (argc > 2) return train(NULL, argv[1]);
    signal(SIGPIPE, SIG_IGN); /* of a process that has ended */
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) return perror("peers"), 1;
    const pid_t child = fork();
    if (child < 0) return perror("peers"), 1;
    const int rank = child == 0 ? 1 : 0;
    close(sockets[1 - rank]);
    Line line = {.socket = sockets[rank], .rank = rank};
    const NnPeers peers = {
        .size = 2, .rank = rank, .net = &line, .gather = gather, .exchange = exchange};
    const int own = train(&peers, rank == 0 ? argv[1] : NULL);
    close(line.socket);
    if (rank == 1) return own;
    waitpid(child, &status, 0);
    return own || !WIFEXITED(status) || WEXITSTATUS(status);
}
