/* Spectrograms on the mel scale. */
#include <math.h>
#include <string.h>

#include "../runtime/report.h"
#include "sound.h"

static const double pi = 3.14159265358979323846, floor_power = 1e-6;

static double mel_of(double hertz) {
    return 2595 * log10(1 + hertz / 700);
}

static double hertz_of(double mel) {
    return 700 * (pow(10, mel / 2595) - 1);
}

/* Triangles that lie evenly on the mel scale, from 0 to half the rate. False if one has no
 * frequency of the transform. */
static bool weigh(Mel *mel) {
    const int n = mel->size / 2 + 1;
    const double top = mel_of(mel->rate / 2.0);
    bool ok = true;
    for (int b = 0; b < mel->bands; b++) {
        const double low = hertz_of(top * b / (mel->bands + 1));
        const double middle = hertz_of(top * (b + 1) / (mel->bands + 1));
        const double high = hertz_of(top * (b + 2) / (mel->bands + 1));
        double sum = 0;
        for (int k = 0; k < n; k++) {
            const double f = (double)mel->rate * k / mel->size;
            const double up = (f - low) / (middle - low), down = (high - f) / (high - middle);
            sum += mel->weight[b * n + k] = fmax(0, fmin(up, down));
        }
        ok = ok && sum > 0;
    }
    return ok;
}

bool mel_begin(Mel *mel, int bands, int rate) {
    *mel =
        (Mel){.bands = bands, .rate = rate, .window = (rate + 20) / 40, .hop = (rate + 50) / 100};
    for (mel->size = 2; mel->size < mel->window;) mel->size *= 2;
    const size_t size = (size_t)mel->size;
    mel->shape = allocate(size, sizeof *mel->shape);
    mel->real = allocate(size, sizeof *mel->real);
    mel->imaginary = allocate(size, sizeof *mel->imaginary);
    mel->turn = allocate(size, sizeof *mel->turn);
    mel->weight = allocate((size_t)bands * (size / 2 + 1), sizeof *mel->weight);
    for (int i = 0; i < mel->window; i++) mel->shape[i] = 0.5 - 0.5 * cos(2 * pi * i / mel->window);
    for (int i = 0; i < mel->size / 2; i++) {
        mel->turn[2 * i] = cos(2 * pi * i / mel->size);
        mel->turn[2 * i + 1] = -sin(2 * pi * i / mel->size);
    }
    return (mel->hop > 0 && weigh(mel)) ||
           problem("--mel %d: too many bands for %d samples in a second: some have no frequency",
                   bands, rate);
}

int64_t mel_frames(const Mel *mel, int64_t samples) {
    return samples < mel->window ? 0 : 1 + (samples - mel->window) / mel->hop;
}

/* Places whose numbers have their bits turned round are exchanged. */
static void shuffle(Mel *mel) {
    for (int i = 1, j = 0; i < mel->size; i++) {
        int bit = mel->size >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i >= j) continue;
        const double kept = mel->real[i];
        mel->real[i] = mel->real[j];
        mel->real[j] = kept;
    }
}

/* The Fourier transform of real values, of a power of two (Cooley and Tukey). */
static void transform(Mel *mel) {
    double *re = mel->real, *im = mel->imaginary;
    shuffle(mel);
    memset(im, 0, (size_t)mel->size * sizeof *im);
    for (int half = 1; half < mel->size; half *= 2)
        for (int at = 0; at < mel->size; at += 2 * half)
            for (int k = 0; k < half; k++) {
                const double *turn = mel->turn + 2 * (k * (mel->size / (2 * half)));
                const int a = at + k, b = a + half;
                const double x = re[b] * turn[0] - im[b] * turn[1];
                const double y = re[b] * turn[1] + im[b] * turn[0];
                re[b] = re[a] - x;
                im[b] = im[a] - y;
                re[a] += x;
                im[a] += y;
            }
}

/* The channels' mean, in the window's shape. */
static void take_window(Mel *mel, const Sound *sound, int64_t first) {
    for (int i = 0; i < mel->size; i++) {
        double sum = 0;
        for (int c = 0; c < sound->channels && i < mel->window; c++)
            sum += (double)sound->values[c * sound->samples + first + i];
        mel->real[i] = i < mel->window ? sum / sound->channels * mel->shape[i] : 0;
    }
}

void mel_read(Mel *mel, const Sound *sound, float *out) {
    const int64_t frames = mel_frames(mel, sound->samples);
    const int n = mel->size / 2 + 1;
    for (int64_t f = 0; f < frames; f++) {
        take_window(mel, sound, f * mel->hop);
        transform(mel);
        for (int k = 0; k < n; k++)
            mel->real[k] = mel->real[k] * mel->real[k] + mel->imaginary[k] * mel->imaginary[k];
        for (int b = 0; b < mel->bands; b++) {
            double power = 0;
            for (int k = 0; k < n; k++) power += mel->weight[b * n + k] * mel->real[k];
            out[b * frames + f] = (float)log(power + floor_power);
        }
    }
}
