/* Lists the files below a folder. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../runtime/report.h"
#include "files.h"

enum { DEEPEST = 64 }; /* links may lead in a circle */

static bool walk(Files *files, int source, const char *below, int depth);

/* Lists one name of a folder: a file, or all that is below it. */
static bool take_name(Files *files, int source, const char *path, int depth) {
    struct stat info;
    char *full = NULL;
    if (asprintf(&full, "%s/%s", files->sources[source].path, path) < 0)
        return problem("out of memory");
    bool ok = stat(full, &info) == 0 || problem("%s: %s", full, strerror(errno));
    if (ok && S_ISREG(info.st_mode)) files_add(files, source, path, info.st_size);
    if (ok && S_ISDIR(info.st_mode)) ok = walk(files, source, path, depth + 1);
    free(full);
    return ok;
}

static bool walk(Files *files, int source, const char *below, int depth) {
    char *folder = NULL;
    if (asprintf(&folder, "%s%s%s", files->sources[source].path, *below ? "/" : "", below) < 0)
        return problem("out of memory");
    DIR *names = depth > DEEPEST ? NULL : opendir(folder);
    if (!names) {
        problem("%s: %s", folder,
                depth > DEEPEST ? "too many folders in one another; is there a link to a folder "
                                  "above it?"
                                : strerror(errno));
        free(folder);
        return false;
    }
    bool ok = true;
    for (struct dirent *name; ok && (name = readdir(names));) {
        char *path = NULL;
        if (name->d_name[0] == '.') continue;
        ok = asprintf(&path, "%s%s%s", below, *below ? "/" : "", name->d_name) >= 0
                 ? take_name(files, source, path, depth)
                 : problem("out of memory");
        free(path);
    }
    closedir(names);
    free(folder);
    return ok;
}

bool folder_list(Files *files, int source) {
    return walk(files, source, "", 0);
}
