/* One program per model: NN_MODEL_SYMBOL is the constant that the generated file exports. With
 * NN_MPI it is linked with MPI, too. */
#include "program.h"
#ifdef NN_MPI
#include "peers_mpi.h"
#endif

extern const NnModel NN_MODEL_SYMBOL;

int main(int argc, char **argv) {
#ifdef NN_MPI
    use_mpi();
#endif
    return run_program(&NN_MODEL_SYMBOL, argc, argv);
}
