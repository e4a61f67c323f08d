/* The transport by MPI, for main.c of a program that is built with it. */
#ifndef NN_RUNTIME_PEERS_MPI_H
#define NN_RUNTIME_PEERS_MPI_H

#ifdef __cplusplus
extern "C" {
#endif

/* Before run_program: where mpirun or srun has started several processes, they work together. */
void use_mpi(void);

#ifdef __cplusplus
}
#endif

#endif
