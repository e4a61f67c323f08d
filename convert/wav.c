/* Sounds by class: WAV files in folders. */
#include <inttypes.h>
#include <string.h>

#include "../common/datameta.h"
#include "../runtime/report.h"
#include "layout.h"
#include "options.h"
#include "path.h"
#include "sound.h"

typedef struct Wav {
    Job *job;
    Layout layout;
    Sound shape;             /* what all sounds are; channels 0: not known yet */
    char first[ENTRY_SHOWN]; /* the sound that said so */
    Mel mel;                 /* bands 0: none */
    float *out;              /* a row */
    Field *audio;
} Wav;

static bool fits(const char *name) {
    return has_ending(name, ".wav");
}

static bool survey(void *context, int64_t index, Stream *stream) {
    Wav *wav = context;
    const int64_t samples = wav->job->options->samples;
    Sound *shape = &wav->shape, sound;
    unsigned char *bytes;
    size_t n;
    (void)index;
    if (!stream_whole(stream, &bytes, &n) || !sound_read(stream->name, bytes, n, true, &sound))
        return false;
    if (samples) sound.samples = samples;
    if (shape->channels == 0) {
        *shape = sound;
        strcpy(wav->first, stream->name);
    }
    if (sound.channels != shape->channels || sound.rate != shape->rate)
        return problem("%s: has %d channels of %d samples in a second, but %s has %d of %d",
                       stream->name, sound.channels, sound.rate, wav->first, shape->channels,
                       shape->rate);
    return sound.samples == shape->samples ||
           problem("%s: has %" PRId64 " samples, but %s has %" PRId64 "; --samples N cuts longer "
                   "sounds and adds silence to shorter ones",
                   stream->name, sound.samples, wav->first, shape->samples);
}

/* Cuts each channel, or adds silence. */
static void fit(const Sound *sound, const Sound *shape, float *out) {
    const int64_t kept = sound->samples < shape->samples ? sound->samples : shape->samples;
    memset(out, 0, (size_t)(shape->channels * shape->samples) * sizeof *out);
    for (int c = 0; c < shape->channels; c++)
        memcpy(out + c * shape->samples, sound->values + c * sound->samples,
               (size_t)kept * sizeof *out);
}

static bool copy(void *context, int64_t index, Stream *stream) {
    Wav *wav = context;
    const Sound *shape = &wav->shape;
    const SplitId split = (SplitId)wav->layout.split[index];
    const int64_t row = wav->layout.row[index];
    Fields *fields = &wav->job->fields;
    Sound sound;
    unsigned char *bytes;
    size_t n;
    if (!stream_whole(stream, &bytes, &n) || !sound_read(stream->name, bytes, n, false, &sound))
        return false;
    if (sound.channels != shape->channels ||
        (!wav->job->options->samples && sound.samples != shape->samples))
        return problem("%s: was changed while it was read", stream->name);
    fit(&sound, shape, shape->values);
    if (wav->mel.bands) mel_read(&wav->mel, shape, wav->out);
    return layout_put(wav->job, &wav->layout, index) &&
           field_put(fields, wav->audio, split, row, 1, wav->mel.bands ? wav->out : shape->values);
}

/* Channels and samples, or bands and windows. */
static bool declare(Wav *wav) {
    Job *job = wav->job;
    Sound *shape = &wav->shape;
    int64_t dim[] = {shape->channels, shape->samples};
    shape->values = allocate((size_t)(dim[0] * dim[1]), sizeof *shape->values);
    if (job->options->mel) {
        if (!mel_begin(&wav->mel, job->options->mel, shape->rate)) return false;
        dim[0] = wav->mel.bands;
        dim[1] = mel_frames(&wav->mel, shape->samples);
        if (dim[1] == 0)
            return problem("--mel: the sounds have %" PRId64 " samples, a window has %d",
                           shape->samples, wav->mel.window);
        wav->out = allocate((size_t)(dim[0] * dim[1]), sizeof *wav->out);
    }
    const json_t *rate = like_value(&job->like, DATA_META_RATE, "audio");
    if (rate && json_integer_value(rate) != shape->rate)
        return problem("%s: has %d samples in a second, other than the sounds in %s", wav->first,
                       shape->rate, job->like.path);
    arrayfile_note(&job->fields.file, DATA_META_RATE "audio", json_integer(shape->rate));
    wav->audio = field_add(&job->fields, "audio", ROLE_INPUT, F32, 2, dim);
    return wav->audio && layout_declare(job, &wav->layout, wav->audio);
}

static bool read_wav(Job *job) {
    Wav *wav = allocate(1, sizeof *wav);
    wav->job = job;
    if (!layout_find(job, &wav->layout) || !files_visit(&job->files, survey, wav) || !declare(wav))
        return false;
    return fields_begin(&job->fields, job->options->output) && files_visit(&job->files, copy, wav);
}

const Reader wav_reader = {.kind = "wav",
                           .files = "WAV files",
                           .passes = 2,
                           .takes = TAKES(MEL) | TAKES(SAMPLES),
                           .fits = fits,
                           .magic = "RIFF",
                           .read = read_wav};
