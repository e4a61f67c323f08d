/* Files that appear under their name only when they are complete: whoever interrupts the program,
 * or fills the disk, leaves the earlier file as it was. */
#ifndef COMMON_NEWFILE_H
#define COMMON_NEWFILE_H

#include <stdbool.h>
#include <stdio.h>

/* A file being written: open, complete, place; and release, whatever became of it. */
typedef struct NewFile {
    FILE *stream;    /* to write to; NULL when it is complete */
    char *path;      /* where it is to appear; links are followed */
    char *temporary; /* its name until then, in the same folder; NULL: what is there is no regular
                        file (a pipe, /dev/null) and is written in place */
    bool replaces;   /* there is such a file, whose permissions the new one has */
} NewFile;

enum { NEWFILE_WHY = 200 };

/* False, with `why` in words, if no file can be made there. */
bool newfile_open(NewFile *file, const char *path, char why[NEWFILE_WHY]);

/* Nothing more is written; with `durable` the bytes are on disk then. False, with errno, if not all
 * of them arrived, by an error of the stream before, too. */
bool newfile_complete(NewFile *file, bool durable);

/* Gives the file its name; with `durable` that is on disk then. False with errno. */
bool newfile_place(NewFile *file, bool durable);

/* Removes what has not got its name, and lets go of the rest. */
void newfile_release(NewFile *file);

/* The same of the file that was opened last; for a signal's handler that ends the program. */
void newfile_abandon(void);

/* A name in the folder of `path` that this process has not given to another file, to be freed; NULL
 * without memory. */
char *newfile_name(const char *path);

/* The names in the folder of `path` are on disk, if its system can do that. */
void newfile_sync_folder(const char *path);

#endif
