#!/bin/sh
# No compiler and no -ffp-contract changes a bit of what the generated code computes.
. "$(dirname "$0")/../lib.sh"
need_models
[ -z "${NNGEN_SANITIZED:-}" ] || skip "programs with sanitizers cannot be linked by hand"

model=${NNGEN_CONTRACT_MODEL:-aux}
first=
while read -r cc flags; do
    command -v "$cc" >/dev/null || { echo "$cc is missing"; continue; }
    # shellcheck disable=SC2086
    compile_model "$cc" "$model" "$scratch/program" $flags || { fail "$cc $flags"; continue; }
    for isa in $(isas "$model"); do
        run=$scratch/run-$(echo "$cc $flags $isa" | tr -c 'a-zA-Z0-9\n' _)
        "$scratch/program" train --quiet --data synthetic --pairs 45 --val-pairs 10 \
            --test-pairs 10 --batch 16 --epochs 4 --rounds 1 --seed 3 --isa "$isa" \
            --save "$run.safetensors" >/dev/null || { fail "$cc $flags $isa: status $?"; continue; }
        tensors "$run.safetensors" >"$run.bits"
        [ -s "$run.bits" ] || fail "no parameters"
        : "${first:=$run}"
        cmp "$first.bits" "$run.bits" || fail "$cc $flags, $isa: other bits"
    done
done <<END
clang -O2 -ffp-contract=off
clang -O2 -ffp-contract=on
clang -O3 -ffp-contract=fast -march=native
gcc -O2 -ffp-contract=off
gcc -O2 -ffp-contract=fast -march=native
END
finish
