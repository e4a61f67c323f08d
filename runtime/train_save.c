/* The files of a training: parameters, and checkpoints from which it can resume. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "names.h"
#include "peers.h"
#include "train.h"

/* Seconds between checkpoints; 0: only at interruptions. */
static int64_t interval(const Training *t) {
    const bool kept = t->options.text[OPTION_SAVE] && t->checkpoint;
    return kept ? t->options.number[OPTION_CHECKPOINT_EVERY] : 0;
}

bool save_possible(const Training *t) {
    const NnModel *model = t->model;
    if (peers_rank() > 0) return true;
    const int64_t rounds = t->options.number[OPTION_ROUNDS];
    for (int64_t r = t->at.round; r < rounds; r++) {
        const char *weights = weights_name(&t->options, r);
        const char *checkpoint = checkpoint_name(model, &t->options, r);
        if (weights && !output_possible(weights, weights_bytes(model, false, false))) return false;
        if (checkpoint && !output_possible(checkpoint, weights_bytes(model, true, t->best != NULL)))
            return weights ? false
                           : problem("an interruption would lose all: give --save F.safetensors "
                                     "where files can be written");
        const char *plot = plot_name(&t->options, r);
        if (plot && !output_possible(plot, 1)) return false;
        if (!weights && !plot) break;
    }
    return true;
}

typedef enum Content { PARAMETERS, CHECKPOINT } Content;

static bool write_to(Training *t, Content content, const char *path) {
    t->engine.trained = when_last(t);
    if (content == PARAMETERS)
        return weights_save(&t->engine, best_weights(t), averages_kept(t), path);
    /* The log first: where the checkpoint is kept, the lines of earlier epochs must be, too. */
    if (t->log) output_sync(t->log, t->options.text[OPTION_LOG]);
    return checkpoint_save(&t->engine, &t->options, &t->at, best_weights(t), path);
}

/* Returns the path of the written file, or NULL. */
static const char *write_somewhere(Training *t, Content content, const char *path) {
    if (write_to(t, content, path)) return path;
    if (!t->here) t->here = save_here(t->model, &t->options, t->at.round);
    if (!t->here) return NULL;
    Options options = t->options;
    options.text[OPTION_SAVE] = t->here;
    const char *here = content == PARAMETERS ? weights_name(&options, t->at.round)
                                             : checkpoint_name(t->model, &options, t->at.round);
    if (strcmp(here, path) == 0 || !write_to(t, content, here)) return NULL;
    char *folder = getcwd(NULL, 0);
    note("instead it is in %s/%s", folder ? folder : ".", here);
    free(folder);
    return here;
}

bool checkpoint_due(const Training *t) {
    if (peers_rank() > 0) return false;
    const int64_t every = interval(t), steps = t->options.checkpoint_steps;
    if (steps > 0 && t->steps_run % steps == 0) return t->checkpoint != NULL;
    return every > 0 && seconds_now() - t->saved >= (double)every;
}

void save_checkpoint(Training *t) {
    if (peers_rank() > 0) return;
    const char *path = write_somewhere(t, CHECKPOINT, t->checkpoint);
    if (path)
        t->checkpoint = path;
    else
        note("the training goes on; the next checkpoint is tried in %" PRId64 " s", interval(t));
    t->saved = seconds_now();
}

/* Quotes `word` for a shell. */
static const char *quoted(const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./,:=+@%-";
    if (*word && !word[strspn(word, plain)]) return word;
    const char *text = "'";
    for (; *word; word++)
        text = *word == '\'' ? format_text("%s'\\''", text) : format_text("%s%c", text, *word);
    return format_text("%s'", text);
}

/* The command that resumes from the checkpoint, with the files that could be written; `moved`: they
 * are not in the place of --save. */
static const char *command_to_go_on(const Training *t, const char *checkpoint, bool moved) {
    static const OptionId texts[] = {OPTION_SAVE,        OPTION_LOG,  OPTION_PLOT,
                                     OPTION_TENSORBOARD, OPTION_DATA, OPTION_ISA};
    static const OptionId numbers[] = {OPTION_CHECKPOINT_EVERY, OPTION_THREADS};
    static const OptionId flags[] = {OPTION_QUIET, OPTION_JSON, OPTION_NO_TRAIN_EVAL};
    Options now = t->options;
    const Options *o = &now;
    if (moved && t->here) now.text[OPTION_SAVE] = t->here;
    if (now.text[OPTION_LOG]) now.text[OPTION_LOG] = log_still_possible(now.text[OPTION_LOG]);
    const char *line =
        format_text("%s train --resume %s", quoted(o->program ? o->program : t->model->name),
                    quoted(checkpoint));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (o->text[texts[i]])
            line =
                format_text("%s --%s %s", line, option_name(texts[i]), quoted(o->text[texts[i]]));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (option_given(o, numbers[i]))
            line = format_text("%s --%s %" PRId64, line, option_name(numbers[i]),
                               o->number[numbers[i]]);
    if (o->text[OPTION_LOAD] && t->at.round + 1 < o->number[OPTION_ROUNDS]) /* for those rounds */
        line = format_text("%s --load %s%s", line, quoted(o->text[OPTION_LOAD]),
                           option_given(o, OPTION_LOAD_PARTIAL) ? " --load-partial" : "");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (option_given(o, flags[i])) line = format_text("%s --%s", line, option_name(flags[i]));
    return line;
}

bool save_round(Training *t) {
    const char *wanted = weights_name(&t->options, t->at.round);
    if (!wanted) return true;
    const char *weights = write_somewhere(t, PARAMETERS, wanted), *checkpoint = t->checkpoint;
    if (interval(t) > 0 || (checkpoint && !weights)) {
        checkpoint = write_somewhere(t, CHECKPOINT, t->checkpoint);
        t->saved = seconds_now();
    } else if (checkpoint && access(checkpoint, F_OK) == 0) {
        note("%s is older than %s and does not belong to it", checkpoint, wanted);
    }
    if (weights != wanted || checkpoint != t->checkpoint) t->failed = true;
    if (!weights && checkpoint) note("to go on: %s", command_to_go_on(t, checkpoint, true));
    return weights != NULL;
}

bool save_and_stop(Training *t) {
    if (peers_broken()) return false; /* the step is half done */
    t->stopped = peers_rank() > 0;
    if (t->stopped) return false;
    const char *wanted = weights_name(&t->options, t->at.round);
    const char *checkpoint = t->checkpoint ? write_somewhere(t, CHECKPOINT, t->checkpoint) : NULL;
    const char *weights = wanted ? write_somewhere(t, PARAMETERS, wanted) : NULL;
    t->stopped = checkpoint == t->checkpoint && weights == wanted;
    picture_save(t);
    if (weights)
        note("stopped; the %sweights so far are in %s", best_weights(t) ? "best " : "", weights);
    if (checkpoint)
        note("%sto go on: %s", weights ? "" : "stopped; ",
             command_to_go_on(t, checkpoint, weights != wanted));
    return false;
}
