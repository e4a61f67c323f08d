#!/bin/sh
# The header beside a generated file: its sizes are those that the model's functions tell, its indices
# those of the model's tables, in C and in C++; it is written with the C, or neither is.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"
includes="-I. -I$NNGEN_SOURCE/runtime"

# Names that become one in capitals; several phases and batches; predictions that are vectors.
cat >odd-names.lua <<'END'
local nn = require "nn"
local a, b = nn.input("in-put", {3}), nn.input("in_put", {3})
local c, y = nn.input("in_put_2", {3}), nn.label("Y", 4)
local h = nn.linear { name = "fc", out = 4 }(nn.concat { a, b, c })
local z = nn.linear { name = "FC", out = 4 }(nn.tanh(h))
local loss = nn.cross_entropy(z, y)
return nn.model {
  train = { { epochs = 1, batch = 7, optimizer = nn.sgd {}, loss = loss },
            { epochs = 1, batch = 300, optimizer = nn.adam {}, loss = loss + nn.mse(h, 0) } },
  predict = { class = nn.argmax(z), ["scores-of"] = z },
  metrics = { entropy = loss, accuracy = nn.equal(nn.argmax(z), y) },
}
END

# check MODEL
check() {
    upper=NN_$(echo "$1" | tr a-z- A-Z_)
    for list in fields predictions metrics params; do
        kind=$(echo "${list%s}" | tr a-z A-Z)
        # shellcheck disable=SC2086
        "$NNGEN_CC" -E -P $includes "$1.h" | grep -o "${upper}_${kind}_[A-Za-z0-9_]*" |
            sed "s/${upper}_\(.*\)/INDEX($list, \1)/"
    done >indices.inc
    # shellcheck disable=SC2086
    "$NNGEN_CC" -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror $includes \
        -DUPPER="$upper" -DSYMBOL="nn_model_$(echo "$1" | tr - _)" -DHEADER="\"$1.h\"" \
        "$NNGEN_SOURCE/tests/trust/header.c" "$1.c" -lm -o "test-$1" ||
        { fail "$1: not compiled"; return; }
    [ "$(wc -l <indices.inc)" -ge 4 ] || fail "$1: few indices: $(cat indices.inc)"
    "./test-$1" || fail "$1: other values"
}
"$NNGEN" -o odd-names.c odd-names.lua || fail "odd-names: status $?"
cp "$NNGEN_SOURCE/examples/embed/spiral.lua" .
"$NNGEN" -o spiral.c spiral.lua || fail "spiral: status $?"
check odd-names
check spiral
for file in "$NNGEN_SOURCE"/tests/models/chain.lua "$NNGEN_SOURCE"/tests/models/mixed.lua; do
    [ -e "$file" ] || continue
    "$NNGEN" --isa=portable -o "$(basename "$file" .lua).c" "$file" || fail "$file: status $?"
    check "$(basename "$file" .lua)"
done
for words in 'FIELD_IN_PUT = 0' 'FIELD_IN_PUT_2 = 1' 'FIELD_IN_PUT_2_2 = 2' 'FIELD_Y = 3' \
    'PREDICTION_SCORES_OF = 1' 'PARAM_FC_WEIGHT = 0' 'PARAM_FC_WEIGHT_2 = 2'; do
    grep -q "NN_ODD_NAMES_$words," odd-names.h || fail "no NN_ODD_NAMES_$words: $(grep "NN_ODD" odd-names.h)"
done
"$NNGEN" --inference -o spiral2.c spiral.lua || fail "inference: status $?"
grep -q 'WORK_BYTES' spiral2.h || fail "inference: no size of work"

# C++ and twice in a file.
for cxx in clang++ g++; do
    command -v $cxx >/dev/null || continue
    printf '#include "spiral.h"\n#include "spiral.h"\n#include "odd-names.h"\nint main() { static char state[NN_SPIRAL_STATE_BYTES]; return state[0] + NN_SPIRAL_FIELD_POINT + (nn_model_spiral.abi != NN_ABI); }\n' >use.cpp
    # shellcheck disable=SC2086
    $cxx -std=c++11 -Wall -Wextra -Wpedantic -Werror $includes -c use.cpp -o use.o || fail "$cxx: the header is no C++"
done

# Both or neither, and what nngen did not make stays.
mkdir out
cd out
cp ../spiral.lua .
none() { [ "$(ls)" = "$1" ] || fail "$2: there is $(ls | tr '\n' ' ')"; }
"$NNGEN" -o - spiral.lua >/dev/null || fail "-o -: status $?"
"$NNGEN" -o /dev/null spiral.lua || fail "/dev/null: status $?"
"$NNGEN" --emit=plan -o plan.c spiral.lua && rm plan.c || fail "plan: status $?"
"$NNGEN" -o text.inc spiral.lua && rm text.inc || fail "text.inc: status $?"
none spiral.lua "no header"
echo '/* mine */' >mine.h
echo old >mine.c
status=0
"$NNGEN" -o mine.c spiral.lua 2>err || status=$?
[ "$status" -eq 1 ] && grep -q 'mine.h is there, and nngen did not make it' err || fail "mine.h: status $status: $(cat err)"
[ "$(cat mine.h mine.c)" = "/* mine */
old" ] || fail "mine.h or mine.c has changed"
rm mine.h mine.c err
mkdir folder.h
! "$NNGEN" -o folder.c spiral.lua 2>err || fail "folder.h: accepted"
rm err
rmdir folder.h
none spiral.lua "folder.h"
mkdir folder.c
touch folder.c/file
! "$NNGEN" -o folder.c spiral.lua 2>err || fail "folder.c: accepted"
rm -r folder.c err
none spiral.lua "folder.c"
status=0
"$NNGEN" -o model.c spiral.lua 2>err || status=$?
[ "$status" -eq 2 ] && grep -q 'another model.h' err || fail "model.c: status $status: $(cat err)"
rm err
none spiral.lua "model.c"
"$NNGEN" -o again.c spiral.lua && "$NNGEN" -o again.c spiral.lua || fail "again: status $?"
finish
