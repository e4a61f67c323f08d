#!/bin/sh
# The same bytes of weights, checkpoints and logs, but for times, of any number of processes, threads in each,
# instruction sets mixed between them, and both ways of exchange, with each MPI; also of eval and grad. More processes than
# chunks are refused.
. "$(dirname "$0")/mpi.inc"
"$NNGEN" --isa=avx2,neon,portable -o net.c "$NNGEN_SOURCE/tests/many/net.lua" && make_program net || { fail "not compiled"; finish; }
table 1000
training="train --data table.safetensors --seed 5"
first=net-$(mpis | head -n 1)
isas=$("./$first" info --json | json_list isa)

# trained NAME: compares its files with those of one process.
trained() {
    cmp one.safetensors "$1.safetensors" || fail "$1: other weights"
    cmp one.checkpoint.safetensors "$1.checkpoint.safetensors" || fail "$1: another checkpoint"
    log_of "$1.csv" | cmp log - || fail "$1: another log"
    runs=$((runs + 1))
}

# shellcheck disable=SC2086
"./$first" $training --threads 1 --save one.safetensors --log one.csv --json >one.json 2>/dev/null || fail "alone: status $?"
[ "$(head -n 1 one.json)" = '{"event":"start","processes":1,"threads":1}' ] || fail "alone: $(head -n 1 one.json)"
log_of one.csv >log
runs=0
for mpi in $(mpis); do
    for R in 2 3 4 8; do
        for threads in 1 2; do
            [ $mpi$threads != mpich2 ] || [ $R -eq 2 ] || continue
            name=$mpi-$R-$threads
            # shellcheck disable=SC2086
            start $mpi $R "./net-$mpi" $training --threads $threads --save $name.safetensors --log $name.csv --json \
                >$name.json 2>$name.err || fail "$name: status $?: $(tail -n 5 $name.err)"
            [ "$(head -n 1 $name.json)" = "{\"event\":\"start\",\"processes\":$R,\"threads\":$threads}" ] ||
                fail "$name: $(head -n 1 $name.json)"
            [ "$(grep -c '"event":"epoch"' $name.json)" = "$(grep -c '"event":"epoch"' one.json)" ] ||
                fail "$name: printed more than once"
            trained $name
        done
    done
    # Slices, and instruction sets that differ, of which each machine has two at least.
    set --
    i=0
    for isa in $isas $isas $isas; do
        i=$((i + 1))
        [ $i -le 4 ] || break
        # shellcheck disable=SC2086
        set -- "$@" ${1:+:} -n 1 "./net-$mpi" $training --threads 1 --isa $isa --save mixed-$mpi.safetensors --log mixed-$mpi.csv
    done
    NNGEN_SLICES_FROM=1
    export NNGEN_SLICES_FROM
    start $mpi "" "$@" >/dev/null 2>err || fail "mixed, $mpi: status $?: $(tail -n 5 err)"
    trained mixed-$mpi
    # shellcheck disable=SC2086
    start $mpi 3 "./net-$mpi" $training --threads 2 --save slices-$mpi.safetensors --log slices-$mpi.csv >/dev/null 2>err ||
        fail "slices, $mpi: status $?: $(tail -n 5 err)"
    trained slices-$mpi
    unset NNGEN_SLICES_FROM
    # shellcheck disable=SC2086
    start $mpi 9 "./net-$mpi" $training --save many.safetensors >out 2>err && fail "$mpi: 9 processes share 8 chunks"
    grep -q '9 processes are more than the 8 chunks that a batch of 200' err || fail "$mpi, 9 processes: $(cat err)"
    [ ! -e many.safetensors ] || fail "$mpi: 9 processes wrote"
    for R in 1 3; do
        start $mpi $R "./net-$mpi" eval --data table.safetensors --split val --load one.safetensors --predictions eval-$R.csv \
            --json >eval-$R 2>err || fail "$mpi: eval: status $?: $(cat err)"
        start $mpi $R "./net-$mpi" grad --data table.safetensors --load one.safetensors --batch 150 --out grad-$R.safetensors \
            --json >grad-$R 2>err || fail "$mpi: grad: status $?: $(cat err)"
        start $mpi $R "./net-$mpi" predict --data table.safetensors --split val --load one.safetensors >predict-$R 2>err ||
            fail "$mpi: predict: status $?: $(cat err)"
    done
    sed 's/"processes":3/"processes":1/' eval-3 | cmp eval-1 - || fail "$mpi: eval"
    sed 's/"processes":3/"processes":1/' grad-3 | cmp grad-1 - || fail "$mpi: grad"
    grep -q '"processes":3' eval-3 || fail "$mpi: $(cat eval-3)"
    cmp eval-1.csv eval-3.csv || fail "$mpi: predictions of eval"
    cmp grad-1.safetensors grad-3.safetensors || fail "$mpi: gradients"
    cmp predict-1 predict-3 || fail "$mpi: predictions"
done
echo "$runs runs agree"
finish
