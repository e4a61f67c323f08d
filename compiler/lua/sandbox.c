/* The sandbox: text chunks only, no access to the outside, limits on memory, instructions, CPU
 * time. */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../../common/clean.h"
#include "front.h"

enum { MAX_MEMORY = 256 << 20 };

static void *limited_alloc(void *context, void *block, size_t old, size_t size) {
    Front *f = context;
    if (!block) old = 0; /* else it is a type tag */
    if (size == 0) {
        f->memory -= old;
        free(block);
        return NULL;
    }
    if (size > old && f->memory + (size - old) > MAX_MEMORY) return NULL;
    void *grown = realloc(block, size);
    if (grown) f->memory = f->memory - old + size;
    return grown;
}

static int open_all(lua_State *L) {
    library_open(L);
    files_open_require(L);
    vocabulary_push(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "nn.vocabulary");
    return 0;
}

static char watchdog_text[400];

/* C functions such as patterns never reach the instruction hook. A timer ends them, without further
 * reports. */
static void watchdog(int signal_number) {
    (void)signal_number;
    ssize_t ignored = write(STDERR_FILENO, watchdog_text, strlen(watchdog_text));
    (void)ignored;
    _exit(1);
}

static void set_watchdog(const char *path) {
    char file[300];
    clean_text(file, sizeof file, path, strlen(path));
    snprintf(watchdog_text, sizeof watchdog_text,
             "%s: error: the file runs too long (more than %d s)\n", file, CPU_SECONDS);
    struct itimerval limit = {.it_value = {.tv_sec = CPU_SECONDS + 1}};
    struct sigaction action = {.sa_handler = watchdog};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPROF);
    sigaction(SIGPROF, &action, NULL);
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
    setitimer(ITIMER_PROF, &limit, NULL);
}

static void end_watchdog(void) {
    struct itimerval none = {.it_value = {.tv_sec = 0}};
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &none, NULL);
    action.sa_handler = SIG_DFL;
    sigaction(SIGPROF, &action, NULL);
}

lua_State *sandbox_new(Front *front) {
    lua_State *L = lua_newstate(limited_alloc, front);
    if (!L) return NULL;
    *(Front **)lua_getextraspace(L) = front;
    front->start = clock();
    set_watchdog(front->path);
    lua_pushcfunction(L, open_all);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        sandbox_close(L);
        return NULL;
    }
    front_limit_instructions(L);
    return L;
}

void sandbox_close(lua_State *L) {
    lua_close(L);
    end_watchdog();
}
