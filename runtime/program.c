#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "train.h"

#define BIT(option) (UINT32_C(1) << OPTION_##option)
enum {
    DATA = BIT(DATA) | BIT(DATA_SEED) | BIT(PAIRS) | BIT(VAL_PAIRS) | BIT(TEST_PAIRS),
};

static const Command commands[] = {
    {"info", "what the model is: parameters, FLOPs, memory", 0, 0, info_command},
    {"train", "train, evaluate after each epoch, test after each round",
     DATA | BIT(EPOCHS) | BIT(BATCH) | BIT(ROUNDS) | BIT(SEED) | BIT(SAVE) | BIT(RESUME) | BIT(LOG),
     0, train_command},
    {"eval", "metrics of trained parameters", DATA | BIT(SPLIT) | BIT(PREDICTIONS), BIT(LOAD),
     eval_command},
    {"predict", "predictions for each sample, as CSV", DATA | BIT(SPLIT) | BIT(PREDICTIONS),
     BIT(LOAD), predict_command},
    {"init", "write initial parameters", BIT(SEED), BIT(SAVE), init_command},
    {"grad", "write loss and gradients of the first training samples",
     DATA | BIT(PHASE) | BIT(EPOCH), BIT(LOAD) | BIT(BATCH) | BIT(OUT), grad_command},
    {"check", "compare the compiled code with the double-precision interpreter",
     BIT(SEED) | BIT(BATCH), 0, check_command},
    {"bench", "time per step and per kernel", DATA | BIT(BATCH) | BIT(PHASE) | BIT(SEED), 0,
     bench_command},
    {0},
};

Status run_program(const NnModel *model, int argc, char **argv) {
    report_program(model->name);
    if (model->abi != NN_ABI) {
        problem("generated for version %d of model.h, this program has version %d", model->abi,
                NN_ABI);
        return STATUS_FAILED;
    }
    Options options;
    Status status = options_parse(&options, model, commands, argc, argv);
    if (status != STATUS_OK) return status;
    if (option_given(&options, OPTION_HELP))
        options_help(model, commands, options.command);
    else if (!options.command)
        printf("%s, made by nngen %s\n", model->name, model->version);
    else
        status = options.command->run(model, &options);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        problem("cannot write to standard output: %s", strerror(errno));
        if (status == STATUS_OK) status = STATUS_FAILED;
    }
    return status;
}
