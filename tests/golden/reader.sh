#!/bin/sh
# What a reader of the generated C finds in it.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"

# The graph, a line of text for each of its lines, whatever the file is called.
for file in aux.lua 'a??(*/?b.lua' "$(printf '\303\251*.lua')"; do
    mkdir -p "$(dirname "$file")"
    cp "$NNGEN_SOURCE/arch/aux.lua" "$file"
    cp "$NNGEN_SOURCE/arch/trunk.lua" "$(dirname "$file")"
    "$NNGEN" -o net.c "$file" || fail "$file: status $?"
    "$NNGEN" --emit=graph "$file" >graph
    sed -n '/^static const char \*const nn_graph\[\] = {$/,/^};$/p' net.c |
        sed -n 's/^    "\(.*\)",$/\1/p' | sed 's/ @\\"[^"]*\\":[0-9]*$//; s/\\"/"/g' | cmp graph - ||
        fail "$file: the lines of nn_graph are not those of --emit=graph"
    "$NNGEN_CC" -std=c11 -Wall -Wextra -Wpedantic -Werror "-I$NNGEN_SOURCE/runtime" -fsyntax-only net.c ||
        fail "$file: the C has warnings"
done

# Kernels get values by name: no call has a sum of an address and an offset.
"$NNGEN" -o net.c "$NNGEN_SOURCE/arch/aux.lua"
grep -q 'k_conv1_forward_portable(x_left_dense, conv1_weight, conv1_bias, winner_[a-z0-9_]*, y_dropout_1, n \* 2' net.c ||
    fail "the call of conv1_forward: $(grep 'k_conv1_forward_portable(x_left' net.c)"
! grep -n '^ *k_[a-z0-9_]*([^;]*\(state\|gradient\|sums\|area\) +[^;]*;' net.c | grep -v k_update || fail "a call has an address"

# What the contents name is there, once.
sed -n 's/^ \*   \(==== [^:]*\):.*/\1/p' net.c >contents
[ "$(wc -l <contents)" -ge 9 ] || fail "the contents: $(cat contents)"
while read -r heading; do
    [ "$(grep -c "^/\* $heading ====" net.c)" -eq 1 ] || fail "not there once: $heading"
done <contents

# Above each kernel stand its layers with their lines, its work, and what it gets.
awk '/^\/\*/ { comment = "" } { comment = comment $0 "\n" }
    /^void [kw]_/ && comment !~ /[.]lua:[0-9]+/ { print $2 }' net.c >bare
[ ! -s bare ] || fail "no line of the source stands above: $(cat bare)"
for words in 'contract + relu + max_pool2d + dropout' \
    'train_1: conv1, trunk.lua:6; relu, aux.lua:15; max_pool2d, dropout_1, trunk.lua:6; 2 parts a sample; 165888 FLOPs per sample; 1280 bytes of weights' \
    'x = x_left_dense, w = conv1_weight, bias = conv1_bias,' 'train_1, evaluate_1, predict: merge, aux.lua:11'; do
    grep -qF "$words" net.c || fail "no comment says: $words"
done

# The maps of memory: nothing that is alive together lies in one place, and the rows are those of the plan.
"$NNGEN" --emit=plan "$NNGEN_SOURCE/arch/aux.lua" >plan
sed -n '/^entry train_1/,/^}/s/^ *sample .* at *\([0-9]*\), *\([0-9]*\) floats, alive \([0-9]*\)[.][.]\([0-9]*\)$/\1 \2 \3 \4/p' plan >wanted
sed -n '/==== train_1 ====/,/^struct/s/^ \* *\([0-9]*\) *\([0-9]*\)  [a-z][A-Za-z0-9_]* *\([0-9]*\) [a-z0-9_]* [.][.] \([0-9]*\) .*$/\1 \2 \3 \4/p' net.c |
    cmp wanted - || fail "the map of train_1 is not the plan's: $(head -n 3 wanted)"
[ "$(wc -l <wanted)" -gt 15 ] || fail "the plan has $(wc -l <wanted) values"
for words in '320      18432  conv2.weight                       trunk.lua:7' \
    'conv2.weight.winograd              made of conv2.weight by w_conv2_weight_winograd' \
    '209728      70432  exp_avg of phase 1' '0 sum_compare_cross_entropy aux.lua:20'; do
    sed '/^#include "model.h"/,/^struct train_1_job/s/  */ /g' net.c | grep -qF "$(echo "$words" | sed 's/  */ /g')" ||
        fail "no map says: $words"
done

# The last lines above each kernel say how it is cut, and why.
awk '/^\/\*/ { comment = "" } { comment = comment $0 "\n" }
    /^void k_/ && comment !~ /\n \* (Tile: |No tile: )/ { print $2 }' net.c >bare
[ ! -s bare ] || fail "no tile stands above: $(cat bare)"
sed -n '/==== avx2, train_1 ====/,/^void k_fc1_forward_avx2/p' net.c >avx2
grep -q '^ \* Tile: at most 6 rows x 2 registers of 8 outputs: of 16 registers 12 hold sums' avx2 || fail "avx2: $(grep Tile: avx2)"
finish
