/* Training: bits for any number of threads, interruption, resuming, logs, messages. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "../../runtime/commands.h"
#include "../../runtime/safetensors.h"
#include "../runtime/support.h"
#include "../runtime/toy_model.h"

static NnModel other_model;
static const NnModel *trained_model = &nn_model_toy;

/* Options of a small training on drawn digits. */
static Options small_training(const char *save) {
    Options o;
    options_default(&o);
    o.text[OPTION_DATA] = "synthetic";
    o.text[OPTION_SAVE] = save;
    o.number[OPTION_PAIRS] = 110; /* batches of 30 and 50: smaller ones at the end */
    o.number[OPTION_VAL_PAIRS] = 10;
    o.number[OPTION_TEST_PAIRS] = 10;
    o.number[OPTION_EPOCHS] = 7;
    o.number[OPTION_SEED] = 5;
    o.number[OPTION_THREADS] = 1;
    o.given = UINT64_C(1) << OPTION_QUIET | UINT64_C(1) << OPTION_JSON;
    return o;
}

/* Drops the output of training. */
static bool train(const Options *options) {
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    bool ok = train_command(trained_model, options);
    fflush(stdout);
    ck_assert_int_ge(dup2(kept, STDOUT_FILENO), 0);
    close(kept);
    return ok;
}

START_TEST(threads_do_not_matter) {
    enter_scratch();
    for (int threads = 1; threads <= 3; threads++) {
        char name[32];
        snprintf(name, sizeof name, "%d.safetensors", threads);
        Options o = small_training(name);
        o.number[OPTION_THREADS] = threads;
        ck_assert(train(&o));
        ck_assert(same_files("1.safetensors", name));
    }
    Options o = small_training("other.safetensors");
    o.number[OPTION_SEED] = 6;
    ck_assert(train(&o));
    ck_assert(!same_files("1.safetensors", "other.safetensors"));
    leave_scratch();
}
END_TEST

/* Whether two logs differ in nothing but the last two columns, of times. */
static bool same_logs(const char *a, const char *b) {
    char command[256];
    snprintf(command, sizeof command,
             "sed 's/,[^,]*,[^,]*$//' %s >a.cut; sed 's/,[^,]*,[^,]*$//' %s | cmp -s a.cut -", a,
             b);
    return system(command) == 0;
}

/* Whether what the training left has the bytes of "whole": two rounds with a log. */
static void expect_whole(const char *name, int64_t step) {
    for (int round = 0; round < 2; round++) {
        char a[64], b[64];
        snprintf(a, sizeof a, "whole.%d.safetensors", round);
        snprintf(b, sizeof b, "%s.%d.safetensors", name, round);
        ck_assert_msg(same_files(a, b), "%s, step %d", b, (int)step);
        snprintf(a, sizeof a, "whole.%d.checkpoint.safetensors", round);
        snprintf(b, sizeof b, "%s.%d.checkpoint.safetensors", name, round);
        ck_assert_msg(same_files(a, b), "%s, step %d", b, (int)step);
    }
    char log[64];
    snprintf(log, sizeof log, "%s.csv", name);
    ck_assert_msg(same_logs("whole.csv", log), "%s, step %d", log, (int)step);
}

static Options two_rounds(const char *save, const char *log) {
    Options o = small_training(save);
    o.number[OPTION_ROUNDS] = 2;
    o.text[OPTION_LOG] = log;
    return o;
}

static Options judged(const char *save, const char *log) {
    Options o = two_rounds(save, log);
    o.number[OPTION_EPOCHS] = 20;
    o.text[OPTION_KEEP] = "best";
    o.text[OPTION_MONITOR] = "val_accuracy";
    o.number[OPTION_PATIENCE] = 3;
    o.real[OPTION_MIN_DELTA] = 0.01;
    return o;
}

static void resumes(Options *options, const char *checkpoint) {
    options->text[OPTION_RESUME] = checkpoint;
    options->given |= UINT64_C(1) << OPTION_RESUME;
}

/* Interrupted after all kinds of steps, the last of an epoch, a phase and a round too, resumed with
 * another number of threads: the same bytes. Epochs 4 of 4 steps and 3 of 3 steps; two rounds. */
START_TEST(resume_is_exact) {
    enter_scratch();
    Options o = two_rounds("whole.safetensors", "whole.csv");
    ck_assert(train(&o));
    ck_assert(access("whole.0.safetensors", F_OK) == 0 && access("whole.safetensors", F_OK) != 0);
    static const int steps[] = {1, 4, 5, 7, 15, 16, 17, 19, 21, 24, 25, 26, 29, 41, 42, 45, 49};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const int64_t step = steps[i];
        const char *checkpoint =
            step <= 25 ? "part.0.checkpoint.safetensors" : "part.1.checkpoint.safetensors";
        ck_assert_int_eq(system("rm -f part.*"), 0);
        o = two_rounds("part.safetensors", "part.csv");
        o.stop_after = step;
        o.checkpoint_steps = step % 3;
        ck_assert(train(&o));
        ck_assert(access(checkpoint, F_OK) == 0);
        /* The parameters alone lie beside it. */
        TensorFile file;
        ck_assert(tensors_read(step <= 25 ? "part.0.safetensors" : "part.1.safetensors", &file));
        ck_assert_int_eq(file.n_tensors, 2);
        Options again = two_rounds("part.safetensors", "part.csv");
        again.number[OPTION_PAIRS] = 1000; /* the checkpoint's count */
        again.number[OPTION_ROUNDS] = 1;
        again.number[OPTION_THREADS] = 2;
        again.checkpoint_steps = step % 2;
        resumes(&again, checkpoint);
        ck_assert_msg(train(&again), "%s", problem_text());
        expect_whole("part", step);
        memory_release(0);
    }
    leave_scratch();
}
END_TEST

/* The same where the best weights are kept, by a metric that soon has no gains: its phases end
 * early.
 */
START_TEST(resume_keeps_the_best) {
    enter_scratch();
    Options o = judged("whole.safetensors", "whole.csv");
    ck_assert(train(&o));
    TensorFile file;
    ck_assert(tensors_read("whole.1.checkpoint.safetensors", &file));
    ck_assert_ptr_nonnull(tensors_find(&file, "state/raw/fc.bias"));
    ck_assert(!same_files("whole.0.safetensors", "whole.1.safetensors"));
    /* Epochs of 4 and of 3 steps. */
    for (int64_t step = 1; step < 64; step += 3) {
        ck_assert_int_eq(system("rm -f part.*"), 0);
        o = judged("part.safetensors", "part.csv");
        o.stop_after = step;
        ck_assert(train(&o));
        const bool second = access("part.1.checkpoint.safetensors", F_OK) == 0;
        Options again = two_rounds("part.safetensors", "part.csv");
        again.number[OPTION_THREADS] = 2;
        again.number[OPTION_EPOCHS] = 0;
        resumes(&again, second ? "part.1.checkpoint.safetensors" : "part.0.checkpoint.safetensors");
        ck_assert_msg(train(&again), "%s", problem_text());
        expect_whole("part", step);
        memory_release(0);
    }
    leave_scratch();
}
END_TEST

/* The same of phases that count steps: evaluations lie inside of passes over the data, whose last,
 * smaller batch counts in one phase alone. */
START_TEST(resume_counts_steps) {
    enter_scratch();
    NnPhase phases[2] = {nn_model_toy.phases[0], nn_model_toy.phases[1]};
    for (int p = 0; p < 2; p++) phases[p].epochs = 0;
    phases[0].steps = 14; /* passes of 4 steps */
    phases[0].eval_every = 5;
    phases[0].eval_samples = 7;
    phases[1].steps = 9; /* passes of 2 steps */
    phases[1].eval_every = 2;
    phases[1].drop_last = true;
    phases[1].keep_best = true;
    phases[1].monitor = "-val_accuracy";
    other_model = nn_model_toy;
    other_model.phases = phases;
    trained_model = &other_model;
    Options o = two_rounds("whole.safetensors", "whole.csv");
    o.number[OPTION_EPOCHS] = 0;
    ck_assert_msg(train(&o), "%s", problem_text());
    ck_assert_int_eq(system("cut -d, -f2-4 whole.csv | sed -n '2,9p' | tr '\n' ' ' >places"), 0);
    size_t size;
    char *places = (char *)read_bytes("places", &size);
    places[size] = 0;
    ck_assert_str_eq(places, "1,1,5 1,2,10 1,3,14 2,0,2 2,1,4 2,2,6 2,3,8 2,4,9 ");
    free(places);
    for (int64_t step = 1; step < 46; step += step % 3 + 1) {
        ck_assert_int_eq(system("rm -f part.*"), 0);
        o = two_rounds("part.safetensors", "part.csv");
        o.number[OPTION_EPOCHS] = 0;
        o.stop_after = step;
        ck_assert(train(&o));
        const bool second = access("part.1.checkpoint.safetensors", F_OK) == 0;
        Options again = two_rounds("part.safetensors", "part.csv");
        again.number[OPTION_THREADS] = 2;
        resumes(&again, second ? "part.1.checkpoint.safetensors" : "part.0.checkpoint.safetensors");
        ck_assert_msg(train(&again), "%s", problem_text());
        expect_whole("part", step);
        memory_release(0);
    }
    trained_model = &nn_model_toy;
    leave_scratch();
}
END_TEST

/* Killed again and again, and resumed from the newest checkpoint, or begun anew. */
START_TEST(killed_anywhere) {
    enter_scratch();
    unsigned seed = (unsigned)getpid();
    int kills = 0;
    for (int run = 0; run < 4; run++) {
        /* The latter two keep the best weights. */
        Options (*options)(const char *, const char *) = run < 2 ? two_rounds : judged;
        Options o = options("whole.safetensors", "whole.csv");
        if (run % 2 == 0) ck_assert(train(&o));
        ck_assert_int_eq(system("rm -f part.*"), 0);
        for (bool ended = false; !ended;) {
            o = options("part.safetensors", "part.csv");
            o.checkpoint_steps = 1 + run % 3;
            o.number[OPTION_CHECKPOINT_EVERY] = run % 2;
            if (access("part.1.checkpoint.safetensors", F_OK) == 0)
                resumes(&o, "part.1.checkpoint.safetensors");
            else if (access("part.0.checkpoint.safetensors", F_OK) == 0)
                resumes(&o, "part.0.checkpoint.safetensors");
            if (run % 2) o.number[OPTION_CHECKPOINT_EVERY] = 600;
            pid_t child = fork();
            if (child == 0) {
                freopen("/dev/null", "w", stdout);
                freopen("/dev/null", "w", stderr);
                _exit(train_command(&nn_model_toy, &o) ? 0 : 1);
            }
            ck_assert_int_gt(child, 0);
            int status = 0;
            usleep((useconds_t)(rand_r(&seed) % 60000) + 1000u * (unsigned)run);
            kill(child, SIGKILL);
            ck_assert_int_eq(waitpid(child, &status, 0), child);
            ended = WIFEXITED(status);
            if (ended) ck_assert_int_eq(WEXITSTATUS(status), 0);
            kills += !ended;
        }
        if (run % 2)
            expect_whole("part", run);
        else
            ck_assert(same_files("whole.1.safetensors", "part.1.safetensors") &&
                      same_logs("whole.csv", "part.csv"));
        memory_release(0);
    }
    ck_assert_int_gt(kills, 0);
    leave_scratch();
}
END_TEST

/* A finished training goes on with more epochs, and that may be interrupted, too. */
START_TEST(more_epochs) {
    enter_scratch();
    Options o = small_training("w.safetensors");
    ck_assert(train(&o));
    Options longer = small_training("long.safetensors");
    resumes(&longer, "w.checkpoint.safetensors");
    longer.given |= UINT64_C(1) << OPTION_EPOCHS;
    longer.number[OPTION_EPOCHS] = 12;
    ck_assert(train(&longer));
    ck_assert(!same_files("w.safetensors", "long.safetensors"));
    for (int64_t step = 1; step <= 15; step += 7) {
        Options part = longer;
        part.text[OPTION_SAVE] = "part.safetensors";
        part.stop_after = step;
        ck_assert(train(&part));
        Options again = small_training("part.safetensors");
        resumes(&again, "part.checkpoint.safetensors");
        ck_assert(train(&again));
        ck_assert(same_files("part.safetensors", "long.safetensors"));
        ck_assert(same_files("part.checkpoint.safetensors", "long.checkpoint.safetensors"));
    }
    /* Without more there is nothing to train: weights and results come again. */
    Options same = small_training("same.safetensors");
    resumes(&same, "w.checkpoint.safetensors");
    ck_assert(train(&same));
    ck_assert(same_files("w.safetensors", "same.safetensors"));
    ck_assert(same_files("w.checkpoint.safetensors", "same.checkpoint.safetensors"));
    longer.number[OPTION_EPOCHS] = 6;
    ck_assert(!train(&longer));
    expect_problem("begun with 7 epochs, --epochs 6 is less");
    /* A training that was begun without --epochs, stopped in the first phase: 3 and 2 become 9 and
     * 6. */
    o = small_training("preset.safetensors");
    o.number[OPTION_EPOCHS] = 0;
    o.stop_after = 1;
    ck_assert(train(&o));
    resumes(&longer, "preset.checkpoint.safetensors");
    longer.number[OPTION_EPOCHS] = 15;
    longer.text[OPTION_LOG] = "longer.csv";
    ck_assert(train(&longer));
    ck_assert_int_eq(
        system("test $(grep -c ^0,1, longer.csv) = 9 && test $(grep -c ^0,2, longer.csv) "
               "= 6"),
        0);
    leave_scratch();
}
END_TEST

START_TEST(no_checkpoints_wanted) {
    enter_scratch();
    Options o = small_training("w.safetensors");
    o.number[OPTION_CHECKPOINT_EVERY] = 0;
    ck_assert(train(&o));
    ck_assert(access("w.safetensors", F_OK) == 0 && access("w.checkpoint.safetensors", F_OK) != 0);
    o.stop_after = 3; /* an interruption has one all the same */
    ck_assert(train(&o));
    ck_assert(access("w.checkpoint.safetensors", F_OK) == 0);
    o = small_training("/dev/null");
    ck_assert(train(&o));
    o.stop_after = 3;
    ck_assert(train(&o));
    ck_assert(access("/dev/null.checkpoint", F_OK) != 0);
    leave_scratch();
}
END_TEST

/* Checkpoints of versions whose last bits may differ: they are not resumed, their weights are
 * loaded. */
static void write_changed(const TensorFile *file, json_t *state, const char *path) {
    TensorOut tensors[8];
    for (int i = 0; i < file->n_tensors; i++) {
        const Tensor *t = &file->tensors[i];
        float *values = allocate((size_t)t->count, sizeof *values);
        memcpy(values, t->bytes, (size_t)t->count * sizeof *values);
        tensors[i] = (TensorOut){t->name, t->rank, t->dim, t->count, values, false};
    }
    char *text = keep(json_dumps(state, JSON_REAL_PRECISION(17)), free);
    ck_assert(tensors_write(path, file->n_tensors, tensors,
                            json_pack("{s:s, s:s}", "format", "pt", "checkpoint", text)));
}

START_TEST(checkpoints_of_other_results_are_refused) {
    static const char *const others[] = {"0.1.7", "1.2.3", "0.20.0", "0.2", NULL};
    enter_scratch();
    Options o = small_training("new.safetensors");
    o.stop_after = 9;
    ck_assert(train(&o));
    TensorFile file;
    ck_assert(tensors_read("new.checkpoint.safetensors", &file));
    json_t *state = keep_json(json_loads(tensors_meta(&file, "checkpoint"), 0, NULL));
    ck_assert_str_eq(json_string_value(json_object_get(state, "nngen")), nn_model_toy.version);
    for (int i = 0; i <= 5; i++) {
        if (i < 5 && others[i])
            json_object_set_new(state, "nngen", json_string(others[i]));
        else if (i < 5)
            json_object_del(state, "nngen");
        else
            json_object_set_new(state, "version", json_integer(3));
        write_changed(&file, state, "old.safetensors");
        Options again = small_training("old.safetensors");
        resumes(&again, "old.safetensors");
        ck_assert(!train(&again));
        expect_problem("whose results differ in last bits");
        again = small_training("loaded.safetensors");
        again.text[OPTION_LOAD] = "old.safetensors";
        ck_assert_msg(train(&again), "%s", problem_text());
    }
    leave_scratch();
}
END_TEST

/* The log that a resumed training goes on with is its own, and goes as far as its checkpoint. */
START_TEST(logs_go_on) {
    enter_scratch();
    Options o = small_training("whole.safetensors");
    o.text[OPTION_LOG] = "whole.csv";
    ck_assert(train(&o));
    o.text[OPTION_SAVE] = "part.safetensors";
    o.text[OPTION_LOG] = "part.csv";
    o.stop_after = 9;
    ck_assert(train(&o));
    static const char *const cuts[] = {"cat whole.csv", "head -c -30 whole.csv", "cat part.csv",
                                       "cat part.csv; printf 0,1"};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        char command[128];
        snprintf(command, sizeof command, "{ %s; } >again.csv", cuts[i]);
        ck_assert_int_eq(system(command), 0);
        Options again = small_training("again.safetensors");
        again.text[OPTION_LOG] = "again.csv";
        resumes(&again, "part.checkpoint.safetensors");
        ck_assert_msg(train(&again), "%s", problem_text());
        ck_assert_msg(same_logs("whole.csv", "again.csv"), "%s", cuts[i]);
        write_bytes("other.csv", "epoch\n1\n", 8);
        again.text[OPTION_LOG] = "other.csv";
        ck_assert(!train(&again));
        expect_problem("other.csv: line 1 is not of the log");
        ck_assert_int_eq(system("test $(wc -c <other.csv) = 8"), 0);
    }
    leave_scratch();
}
END_TEST

/* What a training says on standard error; the caller's to free. */
static char *notes_of(const Options *options, bool ok) {
    FILE *kept = stderr;
    stderr = fopen("notes", "w");
    bool done = train(options);
    fclose(stderr);
    stderr = kept;
    ck_assert_msg(done == ok, "%s", problem_text());
    size_t size;
    char *notes = (char *)read_bytes("notes", &size);
    notes[size] = 0;
    return notes;
}

/* Interrupted after the last step of the first epoch: resumed, no step of it is left, which is no
 * sign of gradients that are zero. */
START_TEST(resume_tells_no_dead_end) {
    enter_scratch();
    Options o = small_training("part.safetensors");
    o.stop_after = 4;
    ck_assert(train(&o));
    Options again = small_training("part.safetensors");
    again.text[OPTION_RESUME] = "part.checkpoint.safetensors";
    char *notes = notes_of(&again, true);
    ck_assert_msg(strstr(notes, "no parameter moved") == NULL, "%s", notes);
    free(notes);
    leave_scratch();
}
END_TEST

START_TEST(resume_rejects) {
    enter_scratch();
    Options o = small_training("part.safetensors");
    o.stop_after = 3;
    ck_assert(train(&o));
    size_t size;
    unsigned char *bytes = read_bytes("part.checkpoint.safetensors", &size);

    Options again = small_training("new.safetensors");
    again.text[OPTION_RESUME] = "part.checkpoint.safetensors";
    again.given |= UINT64_C(1) << OPTION_SEED;
    again.number[OPTION_SEED] = 4;
    ck_assert(!train(&again));
    expect_problem("begun with --seed 5, not 4");
    again.number[OPTION_SEED] = 5;
    again.given |= UINT64_C(1) << OPTION_BATCH;
    again.number[OPTION_BATCH] = 7;
    ck_assert(!train(&again));
    expect_problem("begun without --batch");

    again = small_training("new.safetensors");
    again.text[OPTION_RESUME] = "part.checkpoint.safetensors";
    static const char *const keys[] = {"at_epoch", "seed",     "source_sha256",
                                       "exp_avg",  "momentum", "phase_lengths"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        unsigned char *at = memmem(bytes, size, keys[i], strlen(keys[i]));
        if (!at) continue;
        *at ^= 1; /* the key is missing now */
        write_bytes("part.checkpoint.safetensors", bytes, size);
        ck_assert(!train(&again));
        expect_problem("part.checkpoint.safetensors");
        *at ^= 1;
    }
    write_bytes("part.checkpoint.safetensors", bytes, size);
    other_model = nn_model_toy;
    other_model.source_sha256 = "00";
    ck_assert(!train_command(&other_model, &again));
    expect_problem("another version of model");
    free(bytes);

    o = small_training("done.safetensors");
    ck_assert(train(&o));
    again.text[OPTION_RESUME] = "done.safetensors";
    ck_assert(!train(&again));
    expect_problem("not a checkpoint");
    ck_assert(access("new.safetensors", F_OK) != 0);
    leave_scratch();
}
END_TEST

/* A signal while training writes a checkpoint that can be resumed. */
START_TEST(signals_stop) {
    enter_scratch();
    Options o = small_training(NULL);
    o.number[OPTION_EPOCHS] = 1000000;
    pid_t child = fork();
    if (child == 0) {
        freopen("/dev/null", "w", stdout);
        _exit(train_command(&nn_model_toy, &o) ? 0 : 1);
    }
    ck_assert_int_gt(child, 0);
    int status = 0;
    usleep(700000);
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    TensorFile file;
    ck_assert(tensors_read("toy.interrupted.safetensors", &file));
    ck_assert_ptr_nonnull(tensors_find(&file, "state/momentum_buffer/fc.bias"));
    leave_scratch();
}
END_TEST

START_TEST(divergence_is_told) {
    enter_scratch();
    Options o = small_training("kept.safetensors");
    ck_assert(train(&o));
    size_t size;
    unsigned char *before = read_bytes("kept.safetensors", &size);
    write_bytes("before", before, size);
    free(before);
    toy_diverges_at = 2;
    ck_assert(!train(&o));
    toy_diverges_at = -1;
    expect_problem("step 2 of epoch 0, phase 1, round 0: the update makes fc.weight");
    ck_assert(same_files("before", "kept.safetensors"));
    leave_scratch();
}
END_TEST

/* Writes the parameters of a file as tensors of halves, "fc.bias" under another name if wanted. */
static void write_halves(const char *from, const char *to, const char *bias) {
    TensorFile file;
    ck_assert(tensors_read(from, &file));
    char header[512];
    int length = 0, at = 0;
    uint16_t *halves = calloc(1000, sizeof *halves);
    for (int i = 0; i < file.n_tensors; i++) {
        const Tensor *t = &file.tensors[i];
        const bool is_bias = strcmp(t->name, "fc.bias") == 0;
        char shape[SHAPE_TEXT];
        shape_words(shape, t->rank, t->dim);
        length +=
            snprintf(header + length, sizeof header - (size_t)length,
                     "%s\"%s\":{\"dtype\":\"BF16\",\"shape\":[%.*s],\"data_offsets\":[%d,%d]}",
                     i ? "," : "{", is_bias ? bias : t->name, (int)strlen(shape) - 2, shape + 1,
                     2 * at, 2 * (at + (int)t->count));
        for (int64_t k = 0; k < t->count; k++)
            memcpy(&halves[at++], t->bytes + 4 * k + 2, sizeof *halves);
    }
    strcpy(header + length++, "}");
    unsigned char *bytes = calloc(8 + (size_t)length + 2 * (size_t)at, 1);
    bytes[0] = (unsigned char)length;
    bytes[1] = (unsigned char)(length >> 8);
    memcpy(bytes + 8, header, (size_t)length);
    memcpy(bytes + 8 + length, halves, 2 * (size_t)at);
    write_bytes(to, bytes, 8 + (size_t)length + 2 * (size_t)at);
    free(bytes);
    free(halves);
}

static void expect_notes(const Options *options, const char *words) {
    char *notes = notes_of(options, true);
    ck_assert_msg(strstr(notes, words) != NULL, "\"%s\" is not in: %s", words, notes);
    free(notes);
}

/* Each round of a training begins with the parameters of a file; missing ones are drawn. */
START_TEST(begins_with_weights) {
    enter_scratch();
    Options o = small_training("first.safetensors");
    ck_assert(train(&o));
    write_halves("first.safetensors", "half.safetensors", "fc.bias");
    write_halves("first.safetensors", "other.safetensors", "fc9.bias");
    o = two_rounds("whole.safetensors", "whole.csv");
    o.text[OPTION_LOAD] = "half.safetensors";
    ck_assert_msg(train(&o), "%s", problem_text());
    /* Not the values that seeds alone give. */
    Options drawn = small_training("drawn.safetensors");
    ck_assert(train(&drawn));
    ck_assert(!same_files("whole.0.safetensors", "drawn.safetensors"));
    for (int64_t step = 9; step < 50; step += 20) {
        Options part = two_rounds("part.safetensors", "part.csv");
        part.text[OPTION_LOAD] = "half.safetensors";
        part.stop_after = step;
        ck_assert(train(&part));
        Options again = two_rounds("part.safetensors", "part.csv");
        again.number[OPTION_ROUNDS] = 1;
        resumes(&again,
                step < 25 ? "part.0.checkpoint.safetensors" : "part.1.checkpoint.safetensors");
        if (step < 25) {
            ck_assert(!train(&again));
            expect_problem("begun with --load, which its further rounds need");
            again.text[OPTION_LOAD] = "first.safetensors";
            ck_assert(!train(&again));
            expect_problem("begun with another --load");
            again.text[OPTION_LOAD] = "half.safetensors";
        }
        ck_assert_msg(train(&again), "%s", problem_text());
        expect_whole("part", step);
    }
    Options none = small_training("none.safetensors");
    resumes(&none, "drawn.checkpoint.safetensors");
    none.text[OPTION_LOAD] = "half.safetensors";
    ck_assert(!train(&none));
    expect_problem("begun without --load");

    o = small_training("partial.safetensors");
    o.text[OPTION_LOAD] = "other.safetensors";
    ck_assert(!train(&o));
    expect_problem("other.safetensors: has no tensor \"fc.bias\"");
    o.given |= UINT64_C(1) << OPTION_LOAD_PARTIAL;
    expect_notes(&o, "other.safetensors: loaded: fc.weight\n");
    expect_notes(&o, "skipped, initial values stay: fc.bias (missing)\n");
    expect_notes(&o, "left over, not in the model: fc9.bias\n");
    const float value[4] = {0};
    const int dim[] = {2, 2};
    const TensorOut odd[] = {{"fc.weight", 2, dim, 4, value, false}};
    ck_assert(tensors_write("odd.safetensors", 1, odd, NULL));
    o.text[OPTION_LOAD] = "odd.safetensors";
    ck_assert(!train(&o));
    expect_problem("odd.safetensors: has no tensor of a name and shape that model \"toy\" has");
    leave_scratch();
}
END_TEST

static Status run(const char *line) {
    char copy[512], *argv[32] = {"toy"};
    int argc = 1;
    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    ck_assert_ptr_nonnull(freopen("out", "w", stdout));
    Status status = (Status)run_program(&nn_model_toy, argc, argv);
    fflush(stdout);
    ck_assert_int_ge(dup2(kept, STDOUT_FILENO), 0);
    close(kept);
    return status;
}

static void expect_out(const char *words) {
    size_t size;
    unsigned char *bytes = read_bytes("out", &size);
    bytes[size] = 0;
    ck_assert_msg(strstr((char *)bytes, words) != NULL, "\"%s\" is not in: %s", words,
                  (char *)bytes);
    free(bytes);
}

/* Names of labels come out of foreign files: in CSV they stay one column. */
START_TEST(odd_names_are_columns) {
    enter_scratch();
    static const float images[2 * 196];
    const float zero = 0;
    const int image[] = {1, 1, 14, 14}, one[] = {1};
    const TensorOut tensors[] = {
        {"test/left", 4, image, 196, images, false},
        {"test/right", 4, image, 196, images, false},
        {"test/a,\"b\"", 1, one, 1, &zero, false},
        {"test/index", 1, one, 1, &zero, false},
    };
    ck_assert(tensors_write("data.safetensors", 4, tensors, NULL));
    size_t size;
    unsigned char *bytes = read_bytes("data.safetensors", &size);
    /* The writer writes F32 alone; labels are made of their bytes, with a type of equal size. */
    static const char *const labels[] = {"b\\\"\":{\"dtype\":\"F32", "index\":{\"dtype\":\"F32"};
    for (int i = 0; i < 2; i++) {
        unsigned char *type = memmem(bytes, size, labels[i], strlen(labels[i]));
        ck_assert_ptr_nonnull(type);
        type[strlen(labels[i]) - 3] = 'I';
    }
    write_bytes("data.safetensors", bytes, size);
    free(bytes);
    ck_assert_int_eq(run("init --save a.safetensors"), STATUS_OK);
    ck_assert_int_eq(run("predict --load a.safetensors --data data.safetensors"), STATUS_OK);
    expect_out("index,\"a,\"\"b\"\"\",index_label,comparison,logits_0,logits_1\n0,0,0,");
    leave_scratch();
}
END_TEST

START_TEST(commands) {
    enter_scratch();
    ck_assert_int_eq(run("info --json"), STATUS_OK);
    expect_out("\"parameters\":786");
    ck_assert_int_eq(run("info"), STATUS_OK);
    ck_assert_int_eq(run("train --help"), STATUS_OK);
    expect_out("--resume");
    ck_assert_int_eq(run("--version"), STATUS_OK);
    ck_assert_int_eq(run("bench --isa avx9000"), STATUS_FAILED);
    ck_assert_int_eq(run("init --seed 3 --save a.safetensors"), STATUS_OK);
    ck_assert_int_eq(run("init --seed 3 --save b.safetensors --threads 3"), STATUS_OK);
    ck_assert(same_files("a.safetensors", "b.safetensors"));
    ck_assert_int_eq(run("eval --load a.safetensors --data synthetic --json --test-pairs 40"),
                     STATUS_OK);
    expect_out("{\"split\":\"test\",\"samples\":40,\"loss\":");
    ck_assert_int_eq(run("predict --load a.safetensors --data synthetic --test-pairs 3"),
                     STATUS_OK);
    expect_out("index,left_digit,right_digit,comparison_label,comparison,logits_0,"
               "logits_1,accuracy,cross_entropy\n0,");
    ck_assert_int_eq(
        run("grad --load a.safetensors --data synthetic --batch 8 --out g.safetensors"), STATUS_OK);
    TensorFile file;
    ck_assert(tensors_read("g.safetensors", &file));
    ck_assert(file.n_tensors == 3 && tensors_find(&file, "loss")->rank == 0);
    ck_assert_int_eq(run("grad --load a.safetensors --data synthetic --batch 8 --out g.safetensors "
                         "--phase 2 --epoch 1"),
                     STATUS_OK);
    ck_assert(tensors_read("g.safetensors", &file));
    ck_assert_ptr_null(tensors_find(&file, "fc.bias"));
    ck_assert_int_eq(run("eval --load g.safetensors --data synthetic"), STATUS_FAILED);
    expect_problem("g.safetensors: has no tensor \"fc.bias\"");
    ck_assert_int_eq(run("grad --load a.safetensors --data synthetic --pairs 9 --batch 10 --out g"),
                     STATUS_FAILED);
    expect_problem("--batch 10");
    ck_assert_int_eq(run("nothing"), STATUS_USAGE);
    leave_scratch();
}
END_TEST

SUITE("train", TESTS(threads_do_not_matter, resume_is_exact, resume_keeps_the_best,
                     resume_counts_steps, killed_anywhere, more_epochs, no_checkpoints_wanted,
                     checkpoints_of_other_results_are_refused, logs_go_on, resume_tells_no_dead_end,
                     resume_rejects, signals_stop, begins_with_weights, divergence_is_told,
                     odd_names_are_columns, commands))
