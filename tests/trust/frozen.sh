#!/bin/sh
# What a phase freezes keeps its bits: trainings that differ in the length of a phase alone end with
# equal frozen parameters, and with others where the phase trains.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "the libraries are built with sanitizers"
need_models
generated=$scratch

# hash FILE TENSOR: of the tensor's bytes. The header is as long as its first eight bytes say.
hash() {
    length=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    ends=$(head -c "$((length + 8))" "$1" | tail -c "$length" |
        sed -n "s/.*\"$2\":{[^}]*\"data_offsets\":\[\([0-9]*\),\([0-9]*\)\].*/\1 \2/p")
    [ -n "$ends" ] || { fail "$1 has no $2"; return; }
    # shellcheck disable=SC2086
    set -- "$1" $ends
    tail -c "+$((length + 9 + $2))" "$1" | head -c "$(($3 - $2))" | sha256sum | cut -d ' ' -f 1
}

# trained NAME OPTIONS...: leaves the parameters in $scratch/NAME.
trained() {
    name=$1
    shift
    "$NNGEN" --isa=portable -o "$scratch/$model.c" "$@" || { fail "$name: nngen: status $?"; return; }
    compile_model "$NNGEN_CC" "$model" "$scratch/program" -O1 || { fail "$name: not compiled"; return; }
    "$scratch/program" train --data synthetic --pairs 40 --val-pairs 5 --test-pairs 5 --batch 10 \
        --rounds 1 --quiet --save "$scratch/$name" >/dev/null || fail "$name: status $?"
}

# same A B TENSOR..., other A B TENSOR...
same() { compare = "$@"; }
other() { compare != "$@"; }
compare() {
    how=$1 one=$2 two=$3
    shift 3
    for tensor; do
        [ "$(hash "$scratch/$one" "$tensor")" $how "$(hash "$scratch/$two" "$tensor")" ] ||
            fail "$model, $one and $two: $tensor is not $how"
    done
}

model=frozen
file=$NNGEN_SOURCE/tests/trust/frozen.lua
trained short "$file"
trained second -D second=3 "$file"
trained third -D third=3 "$file"
# A longer third phase moves what it trains.
same short third conv1.weight conv1.bias fc.weight fc.bias compare.weight compare.bias
other short third conv2.weight conv2.bias digit.weight digit.bias
other short second conv1.weight conv1.bias fc.weight fc.bias compare.weight compare.bias

# Nothing follows the last phase of transfer: its length must not show in what it freezes.
model=transfer
mkdir "$scratch/arch"
cp "$NNGEN_SOURCE"/arch/*.lua "$scratch/arch"
sed 's/epochs = 50/epochs = 1/' "$NNGEN_SOURCE/arch/transfer.lua" >"$scratch/arch/transfer.lua"
trained transfer-short "$scratch/arch/transfer.lua"
sed 's/epochs = 1, batch = 100\(.*freeze\)/epochs = 4, batch = 100\1/' "$scratch/arch/transfer.lua" \
    >"$scratch/arch/longer.lua"
mv "$scratch/arch/longer.lua" "$scratch/arch/transfer.lua"
trained transfer-long "$scratch/arch/transfer.lua"
same transfer-short transfer-long conv1.weight conv1.bias conv2.weight conv2.bias digit.weight digit.bias
other transfer-short transfer-long fc1.weight fc2.bias merge.weight compare.bias
finish
