/* Writes the page for man about the commands that all programs of models have. */
#include "program.h"

static const NnModel any = {.abi = NN_ABI, .name = "nngen-program", .version = NNGEN_VERSION};

int main(int argc, char **argv) {
    return run_program(&any, argc, argv);
}
