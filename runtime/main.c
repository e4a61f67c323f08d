/* One program per model: NN_MODEL_SYMBOL is the constant that the generated file exports. */
#include "program.h"

extern const NnModel NN_MODEL_SYMBOL;

int main(int argc, char **argv) {
    return run_program(&NN_MODEL_SYMBOL, argc, argv);
}
