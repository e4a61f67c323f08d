/* Writes all files of a compilation under temporary names, then renames them together. */
#define _XOPEN_SOURCE 700

#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/newfile.h"

typedef struct File {
    const Output *output;
    NewFile new;
    const char *earlier; /* a second name of the file that was there; NULL: none */
    bool placed;         /* it has its name, and had none */
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

static bool may_replace(const Output *output) {
    struct stat info;
    if (!output->ours || stat(output->path, &info) != 0 || has_words(output->path, output->ours))
        return true;
    fprintf(stderr,
            "nngen: error: %s is there, and nngen did not make it; move it away, or give -o "
            "another name\n",
            output->path);
    return false;
}

static bool open_file(File *file) {
    char why[NEWFILE_WHY];
    if (newfile_open(&file->new, file->output->path, why)) return true;
    fprintf(stderr, "nngen: error: %s: %s\n", file->output->path, why);
    return false;
}

static bool write_file(File *file) {
    fputs(file->output->text, file->new.stream); /* errors stay in the stream */
    return newfile_complete(&file->new, false) || failed(file->output->path);
}

/* Gives the file its name. The file that had it keeps a second name, so that it can be restored. */
static bool place(Arena *arena, File *file, bool last) {
    for (int tries = 0; file->new.replaces && !last && !file->earlier &&tries < 100; tries++) {
        char *made = newfile_name(file->new.path);
        const char *name = made ? arena_strdup(arena, made) : NULL;
        free(made);
        if (name && link(file->new.path, name) == 0)
            file->earlier = name;
        else if (!name || errno != EEXIST)
            break; /* a file system without links: a replaced file cannot be restored */
    }
    const bool waits = file->new.temporary != NULL;
    if (!newfile_place(&file->new, false)) return failed(file->output->path);
    file->placed = waits;
    return true;
}

static void clear(File *file, bool ok) {
    const bool undo = !ok && file->placed;
    if (undo && file->earlier)
        (void)rename(file->earlier, file->new.path);
    else if (file->earlier)
        remove(file->earlier);
    else if (undo && !file->new.replaces)
        remove(file->new.path);
    newfile_release(&file->new);
}

bool outputs_write(Arena *arena, const Output *outputs, int n) {
    File *files = ARENA_ARRAY(arena, File, n);
    bool ok = true;
    for (int i = 0; i < n && ok; i++) ok = may_replace(&outputs[i]);
    for (int i = 0; i < n && ok; i++) {
        files[i].output = &outputs[i];
        ok = open_file(&files[i]);
    }
    /* Files written in place come last, when all others are complete. */
    for (int i = 0; i < n && ok; i++)
        if (files[i].new.temporary) ok = write_file(&files[i]);
    for (int i = 0; i < n && ok; i++)
        if (!files[i].new.temporary) ok = write_file(&files[i]);
    for (int i = 0; i < n && ok; i++) ok = place(arena, &files[i], i == n - 1);
    for (int i = 0; i < n; i++) clear(&files[i], ok);
    return ok;
}
