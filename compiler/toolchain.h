/* The C compiler, and the files of nngen that it needs. */
#ifndef NNGEN_TOOLCHAIN_H
#define NNGEN_TOOLCHAIN_H

#include <stdbool.h>

#include "base/arena.h"

/* A command line under construction. */
typedef struct Words {
    Arena *arena;
    const char **list; /* NULL-terminated */
    int n, cap;
} Words;

void words_add(Words *words, const char *word);

/* Adds the words of a text that blanks part; NULL has none. */
void words_split(Words *words, const char *text);

/* Adds the C compiler: $CC, which may bring options along, else the first of clang, gcc and cc that
 * is in PATH. False with a message. */
bool words_compiler(Words *words);

/* Adds the language and the folder of model.h. False with a message. */
bool words_headers(Words *words);

/* The folder that a file lies in. */
const char *path_folder(Arena *arena, const char *path);

/* A new folder for files of the compiler, whose own $TMPDIR it becomes; NULL after a message. */
const char *scratch_open(Arena *arena);

/* Writes a file of it; false after a message. */
bool scratch_write(const char *path, const char *text);

/* Says that the file can't be written, and why; false. */
bool scratch_failed(const char *path);

/* Removes the folder with all that is in it. */
void scratch_close(const char *folder);

/* A file installed with this nngen: the first of the places that exists, below $NNGEN_HOME or the
 * folder above that of the program. `places` is NULL-terminated. NULL with a message, of
 * nngen_found without one. */
const char *nngen_file(Arena *arena, const char *const *places);
const char *nngen_found(Arena *arena, const char *const *places);

/* A program that lies beside this nngen; NULL if there is none of that name. */
const char *nngen_sibling(Arena *arena, const char *name);

/* From now on SIGINT, SIGTERM, SIGHUP and SIGQUIT end the program that run_words runs, with all
 * that it started, instead of nngen. Those that are ignored (nohup) stay so, here and there. */
void hold_signals(void);

/* Whether one of them came since. */
bool signal_held(void);

/* As before hold_signals. If one came, it ends nngen now. */
void release_signals(void);

/* Runs a program without a shell; signals are held. False, with a message, if it can't be started;
 * false if it ends badly, or a signal came. */
bool run_words(const Words *words);

#endif
