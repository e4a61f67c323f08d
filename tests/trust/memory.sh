#!/bin/sh
# Every allocation that a small compile and a small training make fails once: a message and status 1,
# or the same result as ever; nothing that was there is damaged. Samples of them, all with
# NNGEN_ALL=1.
. "$(dirname "$0")/faults.inc"
"$NNGEN" -o "$scratch/mlp.expected" "$small"

printf 'old' >"$scratch/out.c"
compile() { "$NNGEN" -o "$scratch/out.c" "$small"; }
training() {
    "$(program mlp)" train --data synthetic --pairs 40 --val-pairs 5 --test-pairs 5 --epochs 2 \
        --rounds 1 --batch 10 --threads 2 --quiet --save "$scratch/out.safetensors"
}
printf 'old' >"$scratch/out.safetensors"
training >/dev/null && mv "$scratch/out.safetensors" "$scratch/weights.expected"

# hit WHAT FILE EXPECTED: WHAT, run with each allocation failing, leaves FILE as it was or as expected.
hit() {
    what=$1 file=$2 expected=$3
    count=$(calls memory "$what")
    [ "$count" -gt 50 ] || fail "$what: only $count allocations counted"
    tried=0 refused=0
    for n in $(chosen "$count"); do
        printf 'old' >"$file"
        status=0
        faulty memory "$n" fail "$what" >/dev/null 2>"$scratch/err" || status=$?
        tried=$((tried + 1))
        case $status in
        0) cmp -s "$file" "$expected" || fail "$what, allocation $n: status 0 and another result" ;;
        1)
            refused=$((refused + 1))
            grep -Eq "memory|cannot start thread" "$scratch/err" || fail "$what, allocation $n: $(head -n 2 "$scratch/err")"
            [ "$(cat "$file")" = old ] || cmp -s "$file" "$expected" ||
                fail "$what, allocation $n: status 1, and the file is damaged"
            ;;
        *) fail "$what, allocation $n: status $status" ;;
        esac
    done
    [ "$refused" -gt 0 ] || fail "$what: no failure was noticed"
    no_leavings "$what"
    echo "$what: $tried of $count allocations, $refused refused"
}
hit compile "$scratch/out.c" "$scratch/mlp.expected"
hit training "$scratch/out.safetensors" "$scratch/weights.expected"
finish
