/* nngen: architecture file in, C out. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command_line.h"
#include "pipeline.h"

/* Writes to a temporary name beside the file, so that a failure leaves what was there. A link stays
 * one, and what is no file (a terminal, /dev/null) is written to, not replaced. */
static bool write_file(Arena *arena, const char *path, const char *text) {
    struct stat info;
    const bool exists = stat(path, &info) == 0, device = exists && !S_ISREG(info.st_mode);
    if (!exists && lstat(path, &info) == 0) {
        fprintf(
            stderr,
            "nngen: error: %s is a link to what is not there; remove it, or make a file where it "
            "leads\n",
            path);
        return false;
    }
    char *real = exists ? realpath(path, NULL) : NULL;
    const char *name = real ? arena_strdup(arena, real) : path;
    free(real);
    const char *written = name;
    FILE *f = device ? fopen(name, "w") : NULL;
    for (int serial = 0; !device && !f && (serial == 0 || errno == EEXIST); serial++) {
        written = arena_printf(arena, "%s.tmp.%ld-%d", name, (long)getpid(), serial);
        f = fopen(written, "wx"); /* not through a link that someone put there */
    }
    if (f && exists && !device) (void)fchmod(fileno(f), info.st_mode & 07777);
    bool ok = f && fputs(text, f) >= 0;
    ok = f && fclose(f) == 0 && ok;
    ok = ok && (device || rename(written, name) == 0);
    if (ok) return true;
    fprintf(stderr, "nngen: error: cannot write %s: %s\n", path, strerror(errno));
    if (f && !device) remove(written);
    return false;
}

int main(int argc, char **argv) {
    Unit u = {.arena = arena_new()};
    u.diag = diag_new(u.arena);
    bool ok = true;
    if (command_line(&u, argc, argv) == TASK_COMPILE) {
        ok = pipeline_run(&u);
        diag_print(u.diag, stderr);
        if (ok && u.options.output)
            ok = write_file(u.arena, u.options.output, u.product);
        else if (ok)
            fputs(u.product, stdout);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "nngen: error: cannot write to standard output: %s\n", strerror(errno));
        ok = false;
    }
    arena_free(u.arena);
    return ok ? 0 : 1;
}
