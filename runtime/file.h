/* Whole files in, and files that appear under their name only when they are complete. */
#ifndef NN_RUNTIME_FILE_H
#define NN_RUNTIME_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../common/newfile.h"

/* Opens a regular file for reading, without waiting for a writer of what is none: a descriptor, or
 * -1 after a message that names the file. */
int file_open(const char *path);

/* Reads a regular file. False, with a message that names the file, if it cannot be read. */
bool file_read(const char *path, unsigned char **bytes, size_t *size);

/* A file to write to its stream; see newfile.h. One that is not committed is given up with the
 * memory of its command. NULL with a message that names the file. */
NewFile *output_open(const char *path);

/* The file is complete, on disk, and has its name; false with a message that names the file. */
bool output_commit(NewFile *file);

/* What the stream has written to the file of that path is on disk, name and all, if its system can
 * do that. */
void output_sync(FILE *stream, const char *path);

/* Whether a file of at least so many bytes could be written there now; false with a message. For
 * work that is to fail before hours of training rather than after. */
bool output_possible(const char *path, int64_t bytes);

#endif
