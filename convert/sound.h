/* Sounds in memory. */
#ifndef CONVERT_SOUND_H
#define CONVERT_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Sound {
    int channels, rate; /* samples in a second */
    int64_t samples;    /* of each channel */
    float *values;      /* [channels][samples], -1 to 1; belongs to the module */
} Sound;

/* Reads a WAV file: `head`: its size alone; else the values, too, which stay until the next call.
 * False after a message that names the file, if it ends before what it promises, too. */
bool sound_read(const char *name, const unsigned char *bytes, size_t n, bool head, Sound *sound);

/* The logarithm of the power in bands of the mel scale: windows of 25 ms (Hann), one every 10 ms,
 * the channels' mean. */
typedef struct Mel {
    int bands, rate;
    int window, hop;                 /* samples */
    int size;                        /* of the Fourier transform */
    double *shape;                   /* [window] */
    double *weight;                  /* [bands][size / 2 + 1] */
    double *real, *imaginary, *turn; /* [size], and the sines and cosines */
} Mel;

/* False, after a message, if the rate is too low for so many bands. */
bool mel_begin(Mel *mel, int bands, int rate);

/* Windows that fit so many samples. */
int64_t mel_frames(const Mel *mel, int64_t samples);

/* [bands][frames] into `out`. */
void mel_read(Mel *mel, const Sound *sound, float *out);

#endif
