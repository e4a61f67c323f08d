/* Name, hash and dependencies of the texts that a compilation read. */
#include "sources.h"

#include <sha256.h>
#include <string.h>
#include <sys/types.h>

#include "../common/clean.h"
#include "base/writer.h"

const char *sources_name(Arena *arena, const Sources *sources) {
    enum { MAX_NAME_BYTES = 256 };
    const char *name = sources->n_files ? sources->files[0].name : "";
    char *clean = ARENA_ARRAY(arena, char, MAX_NAME_BYTES);
    clean_text(clean, MAX_NAME_BYTES, name, strlen(name));
    for (char *c = clean; (c = strpbrk(c, "\"\\?*\t"));) *c = '_';
    return clean;
}

static void add(SHA256_CTX *hash, const void *bytes, size_t n) {
    /* Hashes each piece with its length, so that different lists of pieces hash different bytes. */
    unsigned char length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)((unsigned long long)n >> (8 * i));
    SHA256Update(hash, length, sizeof length);
    SHA256Update(hash, bytes, n);
}

const char *sources_sha256(Arena *arena, const Sources *sources, const Define *defines,
                           int n_defines) {
    SHA256_CTX hash;
    SHA256Init(&hash);
    for (int i = 0; i < sources->n_files; i++) {
        add(&hash, sources->files[i].name, strlen(sources->files[i].name));
        add(&hash, sources->files[i].text, sources->files[i].length);
    }
    for (int i = 0; i < n_defines; i++) {
        add(&hash, defines[i].name, strlen(defines[i].name));
        add(&hash, defines[i].value, strlen(defines[i].value));
    }
    char hex[SHA256_DIGEST_STRING_LENGTH];
    return arena_strdup(arena, SHA256End(&hash, hex));
}

/* Escapes a name for make's rules, where backslashes matter only before a blank or a #. */
static void add_name(Writer *w, const char *name) {
    char text[4] = "";
    for (int slashes = 0; *name; name++) {
        if (*name == ' ' || *name == '\t' || *name == '#')
            for (int i = 0; i <= slashes; i++) w_raw(w, "\\");
        if (*name == '$') w_raw(w, "$");
        slashes = *name == '\\' ? slashes + 1 : 0;
        text[0] = *name;
        w_raw(w, text);
    }
}

const char *sources_depfile(Arena *arena, const Sources *sources, const char *target) {
    Writer *w = writer_new(arena);
    add_name(w, target);
    w_raw(w, ":");
    for (int i = 0; i < sources->n_files; i++) {
        w_raw(w, i ? " \\\n  " : " ");
        add_name(w, sources->files[i].path);
    }
    w_raw(w, "\n");
    return writer_text(w);
}
