#!/bin/sh
# The generated code keeps to its budget whatever the architecture: a kernel has at most 400 lines, a
# straight-line body 8 steps of a sum and 256 multiply-adds; a file with one convolution and one linear
# layer has at most 12,000 lines and compiles as quickly as others. Random architectures, and those
# that were unrolled tap by tap. NNGEN_SEED, NNGEN_FIRST and NNGEN_CASES choose others and more.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "the libraries are built with sanitizers"

seed=${NNGEN_SEED:-1}
first=${NNGEN_FIRST:-0}
cases=${NNGEN_CASES:-40}
echo "seed $seed, graphs $first to $((first + cases - 1))"
# shellcheck disable=SC2086
"$NNGEN_CC" -std=c11 -O1 -I"$NNGEN_SOURCE" "$NNGEN_SOURCE"/tests/fuzz/architecture*.c \
    $NNGEN_LIBRARIES -ljansson -lz -lpthread -lm -o "$scratch/architecture"

# judged WHAT [nngen options]: writes $scratch/net.c of $scratch/net.lua, judges its kernels, and notes
# the longest.
judged() {
    what=$1
    shift
    "$NNGEN" "$@" -o "$scratch/net.c" "$scratch/net.lua" || { fail "$what: nngen: status $?"; return; }
    awk -v rows="$(registers)" -v max_steps=8 -v max_fmas=256 -v max_lines=400 -v longest=1 \
        -f "$NNGEN_SOURCE/tests/metrics/source.awk" "$scratch/net.c" >"$scratch/told"
    sed '$d' "$scratch/told" >"$scratch/over"
    while read -r line; do fail "$what: $line"; done <"$scratch/over"
    tail -n 1 "$scratch/told" | sed "s/\$/, $what/" >>"$scratch/longest"
}

i=$first
while [ "$i" -lt $((first + cases)) ]; do
    number=$((seed * 100000 + i))
    i=$((i + 1))
    "$scratch/architecture" "$number" >"$scratch/net.lua"
    case $((number % 4)) in
    1) judged "architecture $number, unoptimised" --optimize=off ;;
    2) judged "architecture $number, inference" --inference ;;
    *) judged "architecture $number" ;;
    esac
done
sort -n "$scratch/longest" | tail -n 1 | sed 's/^/the longest kernel, in lines: /'

# took: the compiler's processor time for $scratch/net.c, in hundredths of a second.
took() (
    "$NNGEN_CC" -std=c11 -O2 -w -I"$NNGEN_SOURCE/runtime" -c -o "$scratch/net.o" "$scratch/net.c" || exit 1
    times >"$scratch/times" # of this subshell and, in the second line, of what it ran
    awk 'NR == 2 {
        split($1, user, "m"); split($2, kernel, "m")
        print int(100 * (user[1] * 60 + user[2] + kernel[1] * 60 + kernel[2])) + 1
    }' "$scratch/times"
)

# small NAME SHAPE LAYERS: one convolution and one linear layer.
small() {
    cat >"$scratch/net.lua" <<END
local nn = require "nn"
local x, kind = nn.input("x", {$2}), nn.label("kind", 3)
local y = nn.sequential { $3 } (x)
return nn.model { name = "net", predict = { y = nn.argmax(y) },
  train = { epochs = 1, batch = 64, loss = nn.cross_entropy(y, kind), optimizer = nn.adam {} } }
END
    judged "$1"
    lines=$(($(wc -l <"$scratch/net.c")))
    [ "$lines" -le 12000 ] || { fail "$1: $lines lines in the file, at most 12000"; return; }
    took=$(took) || { fail "$1: the C does not compile"; return; }
    echo "$1: $lines lines, $took hundredths of a second"
    [ "$took" -le $((4 * reference)) ] ||
        fail "$1: the compiler takes $took hundredths of a second, $reference for the smallest network"
}
reference=1000000
small "the smallest network" "1, 3, 3" 'nn.conv2d { out = 16, kernel = 3 }, nn.flatten, nn.linear { out = 3 }'
reference=$took
small "a signal" "1, 1, 1000" 'nn.conv2d { out = 5, kernel = {1, 9}, stride = {1, 2} }, nn.relu,
    nn.max_pool2d { kernel = {1, 4} }, nn.flatten, nn.linear { out = 3 }'
small "few channels" "1, 28, 28" 'nn.conv2d { out = 6, kernel = 5, padding = 2 }, nn.relu,
    nn.flatten, nn.linear { out = 3 }'
small "a wide kernel" "12, 1, 1000" 'nn.conv2d { out = 16, kernel = {1, 31} }, nn.flatten, nn.linear { out = 3 }'
small "a wide kernel with padding" "12, 1, 1000" 'nn.conv2d { out = 16, kernel = {1, 64}, padding = {0, 31} },
    nn.relu, nn.flatten, nn.linear { out = 3 }'
small "a large kernel below a pool" "3, 70, 70" 'nn.conv2d { out = 9, kernel = {9, 33}, padding = {4, 16} }, nn.relu,
    nn.max_pool2d { kernel = 3 }, nn.flatten, nn.linear { out = 3 }'
small "a strip narrower than a patch" "3, 28, 4" 'nn.conv2d { out = 16, kernel = 3, padding = 1 }, nn.relu,
    nn.conv2d { out = 16, kernel = 3, padding = 1 }, nn.flatten, nn.linear { out = 3 }'
small "a pool's window of more sums than registers" "3, 20, 20" 'nn.conv2d { out = 40, kernel = 3 }, nn.relu,
    nn.max_pool2d { kernel = 3 }, nn.flatten, nn.linear { out = 3 }'
small "a long stride" "20, 40, 300" 'nn.conv2d { out = 33, kernel = 15, stride = {8, 50}, padding = 7 },
    nn.flatten, nn.linear { out = 3 }'
finish
