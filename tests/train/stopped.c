/* A model's program which `STEPS train ...` lets end its training after so many steps, as Ctrl-C
 * does.
 */
#include "runtime/commands.h"
#include "runtime/program.h"
#include "runtime/report.h"

#include <stdlib.h>

extern const NnModel NN_MODEL_SYMBOL;

int main(int argc, char **argv) {
    Options options;
    const int64_t steps = argc > 1 ? atoll(argv[1]) : 0;
    if (steps == 0) return run_program(&NN_MODEL_SYMBOL, argc, argv);
    const size_t mark = memory_mark();
    if (options_parse(&options, &NN_MODEL_SYMBOL, argc - 1, argv + 1) != STATUS_OK) return 2;
    options.stop_after = steps;
    const bool ok = train_command(&NN_MODEL_SYMBOL, &options);
    memory_release(mark);
    return ok ? 0 : 1;
}
