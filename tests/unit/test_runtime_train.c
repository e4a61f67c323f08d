#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "../../runtime/commands.h"
#include "../../runtime/safetensors.h"
#include "../runtime/support.h"
#include "../runtime/toy_model.h"

static NnModel other_model;

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
    o.given = UINT32_C(1) << OPTION_QUIET | UINT32_C(1) << OPTION_JSON;
    return o;
}

/* Training talks on standard output; tests have no use for it. */
static bool train(const Options *options) {
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    bool ok = train_command(&nn_model_toy, options);
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

/* Interrupted after every possible step, resumed with another number of threads: the same bytes.
 * Epochs 4 of 4 steps and 3 of 3 steps; two rounds. */
START_TEST(resume_is_exact) {
    enter_scratch();
    Options o = small_training("whole.safetensors");
    o.number[OPTION_ROUNDS] = 2;
    o.text[OPTION_LOG] = "whole.csv";
    ck_assert(train(&o));
    ck_assert(access("whole.0.safetensors", F_OK) == 0 && access("whole.safetensors", F_OK) != 0);
    for (int64_t step = 1; step <= 50; step += step % 7 == 0 ? 3 : 1) {
        o = small_training("part.safetensors");
        o.number[OPTION_ROUNDS] = 2;
        o.stop_after = step;
        ck_assert(train(&o));
        Options again = small_training("part.safetensors");
        again.number[OPTION_PAIRS] = 1000; /* the checkpoint's count */
        again.text[OPTION_RESUME] = "part.safetensors";
        again.number[OPTION_THREADS] = 2;
        ck_assert(train(&again));
        ck_assert_msg(same_files("whole.1.safetensors", "part.1.safetensors"), "step %d",
                      (int)step);
        if (step < 25) ck_assert(same_files("whole.0.safetensors", "part.0.safetensors"));
    }
    leave_scratch();
}
END_TEST

/* Interrupted behind the last step of the first epoch: resumed, no step of it is left, which is no
 * sign of gradients that are zero. */
START_TEST(resume_tells_no_dead_end) {
    enter_scratch();
    Options o = small_training("part.safetensors");
    o.stop_after = 4;
    ck_assert(train(&o));
    Options again = small_training("part.safetensors");
    again.text[OPTION_RESUME] = "part.safetensors";
    FILE *kept = stderr;
    stderr = fopen("notes", "w");
    ck_assert(train(&again));
    fclose(stderr);
    stderr = kept;
    size_t size;
    unsigned char *notes = read_bytes("notes", &size);
    ck_assert_msg(memmem(notes, size, "no parameter moved", 18) == NULL, "%.*s", (int)size,
                  (char *)notes);
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
    unsigned char *bytes = read_bytes("part.safetensors", &size);

    Options again = small_training("new.safetensors");
    again.text[OPTION_RESUME] = "part.safetensors";
    again.given |= UINT32_C(1) << OPTION_SEED;
    again.number[OPTION_SEED] = 4;
    ck_assert(!train(&again));
    expect_problem("begun with --seed 5, not 4");
    again.number[OPTION_SEED] = 5;
    again.given |= UINT32_C(1) << OPTION_BATCH;
    again.number[OPTION_BATCH] = 7;
    ck_assert(!train(&again));
    expect_problem("begun without --batch");

    again = small_training("new.safetensors");
    again.text[OPTION_RESUME] = "part.safetensors";
    static const char *const keys[] = {"at_epoch", "seed", "source_sha256", "exp_avg", "momentum"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        unsigned char *at = memmem(bytes, size, keys[i], strlen(keys[i]));
        if (!at) continue;
        *at ^= 1; /* the key is missing now */
        write_bytes("part.safetensors", bytes, size);
        ck_assert(!train(&again));
        expect_problem("part.safetensors");
        *at ^= 1;
    }
    write_bytes("part.safetensors", bytes, size);
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
        {"test/left", 4, image, 196, images},
        {"test/right", 4, image, 196, images},
        {"test/a,\"b\"", 1, one, 1, &zero},
        {"test/index", 1, one, 1, &zero},
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
    expect_out("{\"split\":\"test\",\"samples\":40,\"metrics\":{\"accuracy\":");
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

RUN_TESTS("train", threads_do_not_matter, resume_is_exact, resume_tells_no_dead_end, resume_rejects,
          signals_stop, divergence_is_told, odd_names_are_columns, commands)
