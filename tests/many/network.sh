#!/bin/sh
# Two hosts, as namespaces with a name of their own and a cable between them that delays frames and loses some, by TCP: the
# bytes of one process.
. "$(dirname "$0")/mpi.inc"
. "$NNGEN_SOURCE/tests/many/hosts.inc"
"$NNGEN" --isa=avx2,neon,portable -o net.c "$NNGEN_SOURCE/tests/many/net.lua" && make_program net || { fail "not compiled"; finish; }
table 1000
training="train --data $scratch/table.safetensors --seed 5 --threads 1"
# shellcheck disable=SC2086
"./net-$(mpis | head -n 1)" $training --save one.safetensors >/dev/null 2>&1 || fail "alone: status $?"
# compared NAME MPI DELAY LOST: trains over such a cable.
compared() {
    plug "$3" "$4"
    # shellcheck disable=SC2086
    on_hosts "$2" net $training --save "$1-$2.safetensors" >out 2>err || { fail "$1, $2: status $?: $(tail -n 5 err)"; return; }
    cmp one.safetensors "$1-$2.safetensors" || fail "$1, $2: other weights"
}
# By UCX's TCP, which MPICH has here, the end of a program takes long where frames are lost.
for mpi in $(mpis); do
    compared fast $mpi 0 0
    [ $mpi = mpich ] || compared slow $mpi 1000 10
    [ $mpi = mpich ] || NNGEN_SLICES_FROM=1 compared slices $mpi 1000 10
done
finish
