/* Reads WAV files by libsndfile, which takes what is there of a file that is cut short: the chunks
 * are checked first. */
#include "sound.h"

#include <inttypes.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

#include "../runtime/report.h"

enum { MOST_CHANNELS = 64, MOST_VALUES = 1 << 28 };

/* The bytes of a file, and where libsndfile is in them. */
typedef struct Bytes {
    const unsigned char *bytes;
    sf_count_t n, at;
} Bytes;

static sf_count_t length(void *context) {
    return ((const Bytes *)context)->n;
}

static sf_count_t seek(sf_count_t to, int whence, void *context) {
    Bytes *b = context;
    const sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? b->at : b->n;
    if (to >= -from && to <= b->n - from) b->at = from + to;
    return b->at;
}

static sf_count_t take(void *to, sf_count_t n, void *context) {
    Bytes *b = context;
    if (n > b->n - b->at) n = b->n - b->at;
    memcpy(to, b->bytes + b->at, (size_t)n);
    b->at += n;
    return n;
}

static sf_count_t place(void *context) {
    return ((const Bytes *)context)->at;
}

static uint32_t little(const unsigned char *b) {
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Whether the sound that the file promises is there. */
static bool is_whole(const char *name, const unsigned char *bytes, size_t n) {
    if (n < 12 || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0)
        return problem("%s: is no WAV file", name);
    for (size_t at = 12; at + 8 <= n;) {
        const size_t size = little(bytes + at + 4), left = n - at - 8;
        if (memcmp(bytes + at, "data", 4) == 0)
            return size <= left ||
                   problem("%s: is cut short: %zu bytes of sound, its head promises "
                           "%zu",
                           name, left, size);
        if (size > left) break;
        at += 8 + size + size % 2;
    }
    return problem("%s: has no sound in it, or is cut short", name);
}

static bool room_for(const char *name, Sound *sound) {
    static float *room;
    static size_t have;
    const size_t wanted = (size_t)sound->channels * (size_t)sound->samples;
    if (wanted > have) {
        free(room);
        room = malloc(wanted * sizeof *room);
        have = room ? wanted : 0;
        if (!room) return problem("%s: out of memory", name);
    }
    sound->values = room;
    return true;
}

/* A piece at a time, from [sample][channel] to [channel][sample]. */
static bool read_values(const char *name, SNDFILE *file, Sound *sound) {
    enum { PIECE = 1024 };
    static float piece[PIECE * MOST_CHANNELS];
    for (int64_t at = 0; at < sound->samples;) {
        const sf_count_t left = sound->samples - at, want = left < PIECE ? left : PIECE;
        const sf_count_t got = sf_readf_float(file, piece, want);
        if (got != want) return problem("%s: is damaged: %s", name, sf_strerror(file));
        for (int c = 0; c < sound->channels; c++)
            for (sf_count_t i = 0; i < got; i++)
                sound->values[c * sound->samples + at + i] = piece[i * sound->channels + c];
        at += got;
    }
    return true;
}

bool sound_read(const char *name, const unsigned char *bytes, size_t n, bool head, Sound *sound) {
    SF_VIRTUAL_IO calls = {
        .get_filelen = length, .seek = seek, .read = take, .write = NULL, .tell = place};
    SF_INFO info = {.format = 0};
    Bytes b = {.bytes = bytes, .n = (sf_count_t)n};
    if (!is_whole(name, bytes, n)) return false;
    SNDFILE *file = sf_open_virtual(&calls, SFM_READ, &info, &b);
    if (!file) return problem("%s: %s", name, sf_strerror(NULL));
    *sound = (Sound){.channels = info.channels, .rate = info.samplerate, .samples = info.frames};
    bool ok = (info.channels >= 1 && info.channels <= MOST_CHANNELS && info.samplerate >= 1 &&
               info.frames >= 1 && info.frames <= MOST_VALUES / info.channels) ||
              problem("%s: %d channels of %" PRId64 " samples", name, info.channels,
                      (int64_t)info.frames);
    ok = ok && (head || (room_for(name, sound) && read_values(name, file, sound)));
    sf_close(file);
    return ok;
}
