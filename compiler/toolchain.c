/* Finds the C compiler and nngen's own files, and runs a program that signals end in good order. */
#define _GNU_SOURCE /* environ */

#include "toolchain.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void words_add(Words *words, const char *word) {
    ARENA_PUSH(words->arena, words->list, words->n, words->cap, word);
    ARENA_PUSH(words->arena, words->list, words->n, words->cap, NULL);
    words->n--;
}

void words_split(Words *words, const char *text) {
    static const char blanks[] = " \t\n";
    for (text = text ? text : ""; *(text += strspn(text, blanks));) {
        const size_t n = strcspn(text, blanks);
        words_add(words, arena_strndup(words->arena, text, n));
        text += n;
    }
}

/* Whether a program of that name is in PATH. */
static bool in_path(Arena *arena, const char *name) {
    const char *path = getenv("PATH");
    for (path = path ? path : ""; *path;) {
        const int n = (int)strcspn(path, ":");
        if (access(arena_printf(arena, "%.*s/%s", n, path, name), X_OK) == 0) return true;
        path += n + (path[n] == ':');
    }
    return false;
}

bool words_compiler(Words *words) {
    static const char *const names[] = {"clang", "gcc", "cc"};
    words_split(words, getenv("CC"));
    for (int i = 0; words->n == 0 && i < 3; i++)
        if (in_path(words->arena, names[i])) words_add(words, names[i]);
    if (words->n) return true;
    fputs("nngen: error: no C compiler: neither clang nor gcc is in PATH; install one (Debian: apt "
          "install gcc), or name one as CC=...\n",
          stderr);
    return false;
}

/* The folder that lies `up` levels above the program; NULL if that is not known. */
static const char *folder_above(Arena *arena, int up) {
    char path[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 0) return NULL;
    path[n] = '\0';
    while (up-- > 0) {
        char *slash = strrchr(path, '/');
        if (slash) *slash = '\0';
    }
    return arena_strdup(arena, path);
}

/* The folder that holds bin/, include/ and so on. */
static const char *home(Arena *arena) {
    const char *named = getenv("NNGEN_HOME");
    return named && *named ? named : folder_above(arena, 2);
}

const char *nngen_sibling(Arena *arena, const char *name) {
    const char *folder = folder_above(arena, 1);
    const char *path = folder ? arena_printf(arena, "%s/%s", folder, name) : NULL;
    return path && access(path, X_OK) == 0 ? path : NULL;
}

const char *nngen_found(Arena *arena, const char *const *places) {
    const char *below = home(arena);
    for (int i = 0; below && places[i]; i++) {
        const char *path = arena_printf(arena, "%s/%s", below, places[i]);
        if (access(path, R_OK) == 0) return path;
    }
    return NULL;
}

const char *nngen_file(Arena *arena, const char *const *places) {
    const char *below = home(arena), *path = nngen_found(arena, places);
    if (path) return path;
    fprintf(stderr,
            "nngen: error: %s of nngen is not in %s; install nngen as a whole, or say where it is "
            "with NNGEN_HOME=...\n",
            places[0], below ? below : "the folder of the program");
    return NULL;
}

bool words_headers(Words *words) {
    static const char *const header[] = {"include/nngen/model.h", NULL};
    const char *model_h = nngen_file(words->arena, header);
    if (!model_h) return false;
    words_split(words, "-std=c11 -ffp-contract=off");
    words_add(words, arena_printf(words->arena, "-I%s", path_folder(words->arena, model_h)));
    return true;
}

const char *path_folder(Arena *arena, const char *path) {
    return arena_strndup(arena, path, (size_t)(strrchr(path, '/') - path));
}

bool scratch_failed(const char *path) {
    fprintf(stderr, "nngen: error: cannot write %s: %s\n", path, strerror(errno));
    return false;
}

const char *scratch_open(Arena *arena) {
    const char *temporary = getenv("TMPDIR");
    char *folder =
        arena_printf(arena, "%s/nngen-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (mkdtemp(folder) && setenv("TMPDIR", folder, 1) == 0) return folder;
    scratch_failed(folder);
    return NULL;
}

bool scratch_write(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    bool ok = f && fputs(text, f) >= 0;
    ok = f && fclose(f) == 0 && ok;
    return ok || scratch_failed(path);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place) {
    (void)info, (void)type, (void)place;
    return remove(path), 0; /* go on */
}

void scratch_close(const char *folder) {
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { HELD = sizeof held / sizeof *held };
static struct sigaction before[HELD];
static volatile sig_atomic_t ended_by;
static volatile sig_atomic_t child; /* leads a process group */

static void end(int number) {
    const int error = errno;
    if (!ended_by) ended_by = number;
    if (child > 0) kill(-(pid_t)child, SIGTERM);
    errno = error;
}

void hold_signals(void) {
    const struct sigaction ends = {.sa_handler = end};
    ended_by = 0;
    for (int i = 0; i < HELD; i++) {
        sigaction(held[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) sigaction(held[i], &ends, NULL);
    }
}

bool signal_held(void) {
    return ended_by != 0;
}

void release_signals(void) {
    for (int i = 0; i < HELD; i++) sigaction(held[i], &before[i], NULL);
    if (ended_by) raise(ended_by);
}

/* Starts a process group, so that all that it starts ends with it. */
static bool start(const Words *words, pid_t *pid) {
    posix_spawnattr_t attributes;
    struct sigaction stops;
    if (posix_spawnattr_init(&attributes) != 0) return false;
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    /* The group is in the background of the terminal: after `stty tostop` a message would stop it.
     */
    sigaction(SIGTTOU, NULL, &stops);
    signal(SIGTTOU, SIG_IGN);
    /* posix_spawnp does not change the words; its type is older than const. */
    char **argv = (char **)(void *)words->list;
    const int error = posix_spawnp(pid, argv[0], NULL, &attributes, argv, environ);
    sigaction(SIGTTOU, &stops, NULL);
    posix_spawnattr_destroy(&attributes);
    errno = error;
    return error == 0;
}

bool run_words(const Words *words) {
    pid_t pid;
    int status = 0;
    siginfo_t info;
    if (ended_by) return false;
    if (!start(words, &pid)) {
        fprintf(stderr, "nngen: error: cannot run %s: %s\n", words->list[0], strerror(errno));
        return false;
    }
    child = pid;
    if (ended_by) kill(-pid, SIGTERM);
    /* Waits without reaping: until it is reaped its number is not reused, so signals reach its
     * group.
     */
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
    child = 0;
    if (ended_by) kill(-pid, SIGKILL); /* processes that it started and did not wait for */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    return !ended_by && status == 0;
}
