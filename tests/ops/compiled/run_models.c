/* Checks the models that make_models wrote against the double-precision interpreter, as each
 * program's `check` does: run_models ISA BATCH... 77 if this machine lacks the instruction set. */
#include <stdio.h>
#include <string.h>

#include "../../../runtime/commands.h"
#include "op_models.h"

static const NnCode *code_of(const NnModel *model, const char *isa) {
    for (int i = 0; i < model->n_codes; i++)
        if (strcmp(model->codes[i].isa, isa) == 0) return &model->codes[i];
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    const NnCode *code = code_of(op_models[0], argv[1]);
    if (!code || !code->supported()) {
        printf("no %s here\n", argv[1]);
        return 77;
    }
    int failed = 0;
    for (int b = 2; b < argc; b++)
        for (int i = 0; op_models[i]; i++) {
            char command[] = "check", isa[] = "--isa", batch[] = "--batch", quiet[] = "--quiet",
                 program[] = "run_models";
            char *words[] = {program, command, quiet, isa, argv[1], batch, argv[b], NULL};
            printf("batch %s: ", argv[b]);
            if (run_program(op_models[i], 7, words) != STATUS_OK) failed++;
        }
    printf("%d failures\n", failed);
    return failed > 0;
}
