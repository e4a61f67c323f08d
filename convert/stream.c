/* Reads streams, and unpacks gzip. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../runtime/report.h"

int64_t stream_read(Stream *stream, void *to, size_t n) {
    size_t have = 0;
    while (have < n) {
        const int64_t got = stream->take(stream, (char *)to + have, n - have);
        if (got < 0) return -1;
        if (got == 0) break;
        have += (size_t)got;
    }
    return (int64_t)have;
}

bool stream_need(Stream *stream, void *to, size_t n, const char *what) {
    const int64_t got = stream_read(stream, to, n);
    return got == (int64_t)n || (got >= 0 && problem("%s: %s is cut short: the file ends too early",
                                                     stream->name, what));
}

int64_t stream_count(Stream *stream) {
    static char room[1 << 16];
    int64_t count = 0, got;
    while ((got = stream->take(stream, room, sizeof room)) > 0) count += got;
    return got < 0 ? -1 : count;
}

bool stream_whole(Stream *stream, unsigned char **bytes, size_t *size) {
    static unsigned char *all;
    static size_t room;
    for (size_t have = 0;;) {
        if (have == room) {
            if (room >= WHOLE_MOST)
                return problem("%s: is larger than a GiB, and no such file may be", stream->name);
            room = room ? 2 * room : 1 << 16;
            unsigned char *more = realloc(all, room);
            if (!more) return problem("%s: out of memory", stream->name);
            all = more;
        }
        const int64_t got = stream->take(stream, all + have, room - have);
        if (got < 0) return false;
        have += (size_t)got;
        *bytes = all;
        *size = have;
        if (got == 0) return true;
    }
}

bool unpacks_sanely(int64_t packed, int64_t unpacked) {
    enum { FREE = 256 << 20, MOST_TIMES = 200 }; /* text packs to a tenth, zeros to a thousandth */
    return unpacked <= FREE || unpacked / MOST_TIMES <= packed;
}

struct Unpacked {
    Stream stream;
    Stream *below;
    z_stream z;
    bool ended; /* a gzip member ended, and no other has begun */
    unsigned char packed[1 << 16];
    int64_t in, out;
};

/* Another piece of the packed bytes; 0 at their end, -1 after a message. */
static int refill(Unpacked *u) {
    const int64_t got = u->below->take(u->below, u->packed, sizeof u->packed);
    if (got < 0) return -1;
    u->z.next_in = u->packed;
    u->z.avail_in = (uInt)got;
    u->in += got;
    return got > 0;
}

static int64_t broken(const Unpacked *u, const char *words) {
    problem("%s: %s", u->stream.name, words);
    return -1;
}

static int64_t take_unpacked(Stream *stream, void *to, size_t room) {
    Unpacked *u = stream->from;
    u->z.next_out = to;
    u->z.avail_out = room > 1 << 20 ? 1 << 20 : (uInt)room;
    const uInt wanted = u->z.avail_out;
    while (u->z.avail_out == wanted) {
        const int more = u->z.avail_in ? 1 : refill(u);
        if (more < 0) return -1;
        if (more == 0 && u->ended) return 0;
        if (more == 0) return broken(u, "the compressed data ends too early");
        if (u->ended && inflateReset(&u->z) != Z_OK) return broken(u, "out of memory");
        const int status = inflate(&u->z, Z_NO_FLUSH);
        u->ended = status == Z_STREAM_END;
        if (status != Z_OK && status != Z_STREAM_END)
            return broken(u, u->z.msg ? u->z.msg : "no gzip file");
    }
    u->out += wanted - u->z.avail_out;
    if (!unpacks_sanely(u->in, u->out))
        return broken(u, "unpacks to more than 200 times its size, as a decompression bomb does; "
                         "if it is none, unpack it first");
    return wanted - u->z.avail_out;
}

Stream *unpacked_open(Stream *below) {
    enum { GZIP = 15 + 16 };
    Unpacked *u = calloc(1, sizeof *u);
    if (u && inflateInit2(&u->z, GZIP) == Z_OK) {
        u->below = below;
        u->stream = (Stream){.name = below->name, .take = take_unpacked, .from = u};
        return &u->stream;
    }
    free(u);
    problem("%s: out of memory", below->name);
    return NULL;
}

void unpacked_close(Stream *stream) {
    Unpacked *u = stream->from;
    inflateEnd(&u->z);
    free(u);
}
