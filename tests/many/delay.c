/* A cable between two network namespaces that delays frames and loses some: `delay A B MICROSECONDS
 * LOST-OF-1000` makes the device `cable` in each and carries frames between them until it is
 * killed. For kernels without netem. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { FRAMES = 4096, BYTES = 2048 };

/* Frames under way in one direction, the oldest first. */
typedef struct Way {
    int from, to;
    unsigned first, end;
    struct {
        double due;
        size_t bytes;
        char data[BYTES];
    } frame[FRAMES];
} Way;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The device in a namespace. */
static int device(const char *space) {
    char path[256];
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    snprintf(path, sizeof path, "/var/run/netns/%s", space);
    const int in = open(path, O_RDONLY | O_CLOEXEC);
    if (in < 0 || setns(in, CLONE_NEWNET) != 0) return -1;
    close(in);
    const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    strcpy(request.ifr_name, "cable");
    return fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0 ? -1 : fd;
}

static void take(Way *way, double delay, int lost) {
    for (;;) {
        char data[BYTES];
        const ssize_t bytes = read(way->from, data, sizeof data);
        if (bytes <= 0) return;
        if (rand() % 1000 < lost || way->end - way->first == FRAMES) continue;
        way->frame[way->end % FRAMES].due = now() + delay;
        way->frame[way->end % FRAMES].bytes = (size_t)bytes;
        memcpy(way->frame[way->end++ % FRAMES].data, data, (size_t)bytes);
    }
}

static void deliver(Way *way) {
    for (; way->first != way->end && way->frame[way->first % FRAMES].due <= now(); way->first++)
        if (write(way->to, way->frame[way->first % FRAMES].data,
                  way->frame[way->first % FRAMES].bytes) < 0)
            continue; /* lost */
}

int main(int argc, char **argv) {
    static Way there, back;
    if (argc != 5) return 2;
    const double delay = 1e-6 * atof(argv[3]);
    const int a = device(argv[1]), b = device(argv[2]);
    if (a < 0 || b < 0) return perror("delay"), 1;
    there.from = back.to = a;
    there.to = back.from = b;
    for (;;) {
        const bool waiting = there.first != there.end || back.first != back.end;
        struct pollfd both[] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
        const struct timespec rest = {.tv_nsec = waiting ? 50000 : 100000000};
        ppoll(both, 2, &rest, NULL);
        take(&there, delay, atoi(argv[4]));
        take(&back, delay, atoi(argv[4]));
        deliver(&there);
        deliver(&back);
    }
}
