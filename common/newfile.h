/* Files that appear under their name only when they are complete: after an interruption or on a
 * full disk the earlier file is still there. */
#ifndef COMMON_NEWFILE_H
#define COMMON_NEWFILE_H

#include <stdbool.h>
#include <stdio.h>

/* A file being written: open, complete, place; and always release. */
typedef struct NewFile {
    FILE *stream;    /* to write to; NULL when it is complete */
    char *path;      /* where it is to appear; links are followed */
    char *temporary; /* its name until then, in the same folder; NULL: a pipe or a device such as
                        /dev/null, written in place */
    bool replaces;   /* a file exists; the new one gets its permissions */
} NewFile;

enum { NEWFILE_WHY = 200 };

/* Returns false, with `why` in words, if no file can be made there. */
bool newfile_open(NewFile *file, const char *path, char why[NEWFILE_WHY]);

/* Nothing more is written; with `durable` the bytes are on disk then. False, with errno, if not all
 * of them arrived, by an error of the stream before, too. */
bool newfile_complete(NewFile *file, bool durable);

/* Gives the file its name; with `durable` that is on disk then. False with errno. */
bool newfile_place(NewFile *file, bool durable);

/* Removes a file that did not get its name, and frees the rest. */
void newfile_release(NewFile *file);

/* Removes the temporary file that was opened last: for a signal handler that ends the program. */
void newfile_abandon(void);

/* A name in the folder of `path` that this process has not given to another file, to be freed; NULL
 * without memory. */
char *newfile_name(const char *path);

/* Syncs the names in the folder of `path` to disk, if the file system can. */
void newfile_sync_folder(const char *path);

#endif
