/* Bytes of one file, wherever it lies: on disk, inside an archive, packed by gzip. */
#ifndef CONVERT_STREAM_H
#define CONVERT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Stream Stream;
struct Stream {
    const char *name; /* for messages */
    /* Up to `room` bytes, 0 at the end, -1 after a message that names the stream. */
    int64_t (*take)(Stream *stream, void *to, size_t room);
    void *from; /* what `take` reads */
};

/* Reads `n` bytes; fewer at the end; -1 after a message. */
int64_t stream_read(Stream *stream, void *to, size_t n);

/* Reads `n` bytes. False after a message, if the stream ends before them, too: then `what` is said
 * to be cut short. */
bool stream_need(Stream *stream, void *to, size_t n, const char *what);

/* Counts the bytes up to the end; -1 after a message. */
int64_t stream_count(Stream *stream);

/* All of a small file: an image or a sound. `bytes` belongs to the module and lasts until the next
 * call. False after a message, if it is larger than WHOLE_MOST, too. */
enum { WHOLE_MOST = 1 << 30 };
bool stream_whole(Stream *stream, unsigned char **bytes, size_t *size);

/* Whether so many bytes may come out of so many: not if that looks like a bomb. */
bool unpacks_sanely(int64_t packed, int64_t unpacked);

/* What gzip packed into the stream `below`. */
typedef struct Unpacked Unpacked;

/* A stream of what is unpacked; to be closed, and `below` to be kept until then. NULL after a
 * message. */
Stream *unpacked_open(Stream *below);
void unpacked_close(Stream *stream);

#endif
