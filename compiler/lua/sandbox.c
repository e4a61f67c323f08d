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

enum { MAX_MEMORY = 256 << 20, HOOK_EVERY = 10000, MILLION_INSTRUCTIONS = 100, CPU_SECONDS = 4 };

Front *front_of(lua_State *L) {
    return *(Front **)lua_getextraspace(L);
}

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

static const char reported;

int raise_reported(lua_State *L) {
    lua_pushlightuserdata(L, (void *)(size_t)&reported);
    return lua_error(L);
}

static void count_instructions(lua_State *L, lua_Debug *debug) {
    (void)debug;
    Front *f = front_of(L);
    if (f->exhausted) raise_reported(L);
    check_mistakes(L);
    f->instructions += HOOK_EVERY;
    if (clock() - f->start > (clock_t)CPU_SECONDS * CLOCKS_PER_SEC)
        stop(L, "the file runs too long (more than %d s)", CPU_SECONDS);
    if (f->instructions >= MILLION_INSTRUCTIONS * 1000000L)
        stop(L, "the file runs too long (more than %d million instructions)", MILLION_INSTRUCTIONS);
}

int stop(lua_State *L, const char *format, ...) {
    Front *f = front_of(L);
    if (!f->exhausted) {
        va_list args;
        va_start(args, format);
        diag_error(f->diag, front_here(L), "%s", arena_vprintf(f->arena, format, args));
        va_end(args);
    }
    f->exhausted = true;
    /* Also the instructions behind a pcall that hides this error. */
    lua_sethook(L, count_instructions, LUA_MASKCOUNT, 1);
    return raise_reported(L);
}

void check_mistakes(lua_State *L) {
    if (diag_errors(front_of(L)->diag) >= MAX_MISTAKES)
        stop(L, "there are too many mistakes; the rest is not checked");
}

void count_call(lua_State *L) {
    check_mistakes(L);
    if (++front_of(L)->calls > MAX_CALLS)
        stop(L, "the file calls nn too often (more than %d times)", MAX_CALLS);
}

static int open_all(lua_State *L) {
    open_libraries(L);
    open_require(L);
    push_vocabulary(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "nn.vocabulary");
    return 0;
}

static char watchdog_text[400];

/* C functions such as patterns do not pass the instruction hook: what it would have ended long ago
 * ends here, without what else there is to report. */
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
    lua_sethook(L, count_instructions, LUA_MASKCOUNT, HOOK_EVERY);
    return L;
}

void sandbox_close(lua_State *L) {
    lua_close(L);
    end_watchdog();
}
