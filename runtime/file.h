/* Whole files in, and files that appear under their name only when they are complete. */
#ifndef NN_RUNTIME_FILE_H
#define NN_RUNTIME_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../common/newfile.h"

/* Opens a regular file for reading; does not wait at a pipe. Returns a descriptor, or -1 after a
 * message that names the file. */
int file_open(const char *path);

/* Reads a regular file. False, with a message that names the file, if it cannot be read. */
bool file_read(const char *path, unsigned char **bytes, size_t *size);

/* Maps a regular file: pages that nobody reads take no memory. Nobody may shorten the file while
 * the bytes are in use; another file may take its name. False as file_read. */
bool file_map(const char *path, unsigned char **bytes, size_t *size);

/* A file to be written to its stream; see newfile.h. If it is not committed, it is removed when the
 * memory of its command is released. NULL after a message that names the file. */
NewFile *output_open(const char *path);

/* The file is complete, on disk, and has its name; false with a message that names the file. */
bool output_commit(NewFile *file);

/* Syncs the stream and the name of its file to disk, if the file system can. */
void output_sync(FILE *stream, const char *path);

/* Whether a file of at least so many bytes could be written there now; false with a message. So
 * that training fails at its beginning and not after hours. */
bool output_possible(const char *path, int64_t bytes);

#endif
