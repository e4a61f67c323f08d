#define _XOPEN_SOURCE 700

#include "output.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct File {
    const Output *output;
    const char *name;      /* the path with links followed */
    const char *temporary; /* NULL: not made, or it has its name already */
    const char *earlier;   /* a second name of the file that was there; NULL: none */
    bool exists, device, placed;
    mode_t mode;
} File;

static bool failed(const char *path) {
    fprintf(stderr, "nngen: error: cannot write %s: %s\n", path, strerror(errno));
    return false;
}

bool output_is_file(const char *path) {
    struct stat info;
    return stat(path, &info) != 0 || S_ISREG(info.st_mode);
}

/* Whether the first bytes of a file have the words in them. */
static bool has_words(const char *path, const char *words) {
    char start[512];
    FILE *f = fopen(path, "r");
    if (!f) return false;
    const size_t n = fread(start, 1, sizeof start - 1, f);
    fclose(f);
    start[n] = '\0';
    return strstr(start, words) != NULL;
}

static bool look_at(Arena *arena, File *file) {
    const char *path = file->output->path;
    struct stat info;
    file->name = path;
    file->exists = stat(path, &info) == 0;
    if (file->exists) {
        char *real = realpath(path, NULL);
        if (real) file->name = arena_strdup(arena, real);
        free(real);
        file->device = !S_ISREG(info.st_mode);
        file->mode = info.st_mode & 07777;
    } else if (lstat(path, &info) == 0) {
        fprintf(stderr,
                "nngen: error: %s is a link to what is not there; remove it, or make a file where "
                "it leads\n",
                path);
        return false;
    }
    if (!file->exists || !file->output->ours || has_words(path, file->output->ours)) return true;
    fprintf(stderr,
            "nngen: error: %s is there, and nngen did not make it; move it away, or give -o "
            "another name\n",
            path);
    return false;
}

static bool write_text(FILE *f, const char *text) {
    const bool ok = fputs(text, f) >= 0;
    return fclose(f) == 0 && ok;
}

/* A name beside the file that nobody has. */
static const char *beside(Arena *arena, const File *file, int serial) {
    return arena_printf(arena, "%s.tmp.%ld-%d", file->name, (long)getpid(), serial);
}

static bool write_temporary(Arena *arena, File *file) {
    FILE *f = NULL;
    for (int serial = 0; !f && (serial == 0 || errno == EEXIST); serial++) {
        file->temporary = beside(arena, file, serial);
        f = fopen(file->temporary, "wx"); /* not through a link that someone put there */
    }
    if (!f) file->temporary = NULL;
    if (f && file->exists) (void)fchmod(fileno(f), file->mode);
    return (f && write_text(f, file->output->text)) || failed(file->output->path);
}

static bool write_device(const File *file) {
    FILE *f = fopen(file->name, "w");
    return (f && write_text(f, file->output->text)) || failed(file->output->path);
}

/* Gives the file its name. What was there keeps another one as long as it may have to come back. */
static bool place(Arena *arena, File *file, bool last) {
    for (int serial = 0; file->exists && !last && !file->earlier && serial < 100; serial++) {
        const char *name = beside(arena, file, serial);
        if (link(file->name, name) == 0)
            file->earlier = name;
        else if (errno != EEXIST)
            break; /* no links here: what is replaced can't come back */
    }
    if (rename(file->temporary, file->name) != 0) return failed(file->output->path);
    file->temporary = NULL;
    file->placed = true;
    return true;
}

static void clear(File *file, bool ok) {
    if (file->temporary) remove(file->temporary);
    if (!ok && file->placed && file->earlier)
        (void)rename(file->earlier, file->name);
    else if (file->earlier)
        remove(file->earlier);
    else if (!ok && file->placed && !file->exists)
        remove(file->name);
}

bool outputs_write(Arena *arena, const Output *outputs, int n) {
    File *files = ARENA_ARRAY(arena, File, n);
    bool ok = true;
    for (int i = 0; i < n && ok; i++) {
        files[i].output = &outputs[i];
        ok = look_at(arena, &files[i]);
    }
    for (int i = 0; i < n && ok; i++)
        if (!files[i].device) ok = write_temporary(arena, &files[i]);
    for (int i = 0; i < n && ok; i++)
        if (files[i].device) ok = write_device(&files[i]);
    for (int i = 0; i < n && ok; i++)
        if (!files[i].device) ok = place(arena, &files[i], i == n - 1);
    for (int i = 0; i < n; i++) clear(&files[i], ok);
    return ok;
}
