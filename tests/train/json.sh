#!/bin/sh
# What commands write with --json: an object a line, the keys that docs/json.md names and no others,
# numbers with no digit too many.
. "$(dirname "$0")/../lib.sh"
need_models
"$NNGEN_CC" -std=c11 -Wall -Wextra -Wno-unused-result "$NNGEN_SOURCE/tests/train/json_keys.c" -ljansson \
    -o "$scratch/keys" || { fail "json_keys.c does not compile"; finish; }
NNGEN_DATA=synthetic
export NNGEN_DATA
aux=$(program aux)
small="--pairs 60 --val-pairs 20 --test-pairs 20"
cd "$scratch"

# documented COMMAND: the paths that the page names for it.
documented() {
    sed -n "/^## $1\$/,/^## /p" "$NNGEN_SOURCE/docs/json.md" | grep '^| `' | cut -d '|' -f 2 |
        grep -o '`[^`]*`' | tr -d '`' | sort -u
}

# compared COMMAND SED...: its lines, names of labels and the like made general, have those keys.
compared() {
    command=$1
    shift
    "$scratch/keys" <"$scratch/$command" >"$scratch/paths" || fail "$command: $(head -c 300 "$scratch/$command")"
    sed "$@" "$scratch/paths" | sort -u >"$scratch/found"
    documented "$command" | diff - "$scratch/found" || fail "$command: < is documented, > is written"
}
# said COMMAND OPTION...
said() {
    command=$1
    shift
    "$aux" "$command" --json --quiet "$@" >"$scratch/$command" 2>"$scratch/err" ||
        fail "$command: status $?: $(cat "$scratch/err")"
}
metrics='s/accuracy\|comparison_loss\|digit_loss/<metric>/'

# shellcheck disable=SC2086
{
    said info
    compared info ''
    said train $small --epochs 2 --rounds 2 --save "$scratch/w.safetensors" --log log.csv --keep best
    compared train "$metrics"
    said eval $small --load w.0.safetensors --confusion
    compared eval "$metrics"
    said predict $small --load w.0.safetensors
    compared predict -e 's/^\(left_digit\|right_digit\|comparison_label\)$/<label>/' \
        -e 's/^comparison$/<prediction>/' -e "$metrics"
    said grad $small --load w.0.safetensors --batch 10 --out g.safetensors
    compared grad ''
    said check
    compared check ''
    said bench $small --batch 10
    compared bench ''
}
# A net that writes text.
generated=$scratch
cat >"$scratch/writer.lua" <<END
local nn = require "nn"
local x = nn.label("x", 2, {4}, { windows = 1, array = "text", names = { "a", "b" } })
local rows = nn.embedding { name = "rows", dim = 2 }(x)
return nn.model { name = "writer", predict = { next = nn.softmax(rows, { axis = -1 }) },
  train = { epochs = 1, batch = 8, loss = nn.mean(rows), optimizer = nn.sgd {} } }
END
if [ -z "${NNGEN_SANITIZED:-}" ]; then
    "$NNGEN" --isa=portable -o "$scratch/writer.c" "$scratch/writer.lua" || fail "writer: status $?"
    compile_model "$NNGEN_CC" writer "$scratch/writer" -O1 -w || fail "writer does not compile"
    "$scratch/writer" init --save "$scratch/writer.safetensors"
    "$scratch/writer" generate --json --load "$scratch/writer.safetensors" --prompt ab --length 3 >"$scratch/generate" ||
        fail "generate: status $?"
    compared generate ''
else
    echo "{}" >"$scratch/generate"
fi
for command in $("$aux" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    [ "$command" = init ] || [ "$command" = export ] || [ "$command" = help ] || [ -s "$scratch/$command" ] || fail "$command: not compared"
done

# Events one by one: an object of one must not have the keys of another.
grep '"event":"epoch"' train | "$scratch/keys" | grep '^test\|^seconds' && fail "keys of an epoch"
[ "$(grep -c '"event":"epoch"' train) $(grep -c '"event":"round"' train) $(grep -c '"event":"rounds"' train)" = "4 2 1" ] ||
    fail "events: $(cat train)"

# The same object tells the sizes of another batch; the numbers are those of the files.
"$aux" info --json --batch 1 --threads 3 >one
[ "$(json_value batch <one) $(json_value threads <one) $(json_value chunks <one)" = "1 3 1" ] || fail "info --batch 1"
[ "$(json_value work_bytes <one)" -lt "$(json_value work_bytes <info)" ] || fail "work_bytes of one sample"
[ $(($(json_value state_bytes <info) + $(json_value work_bytes <info))) = "$(json_value memory_bytes <info)" ] ||
    fail "memory_bytes"
[ "$(json_value parameters <info)" = 64092 ] || fail "parameters: $(cat info)"
for words in '{"name":"left","kind":"input","shape":\[1,14,14\],"classes":null,"names":null,"predicts":true,"normal":{"scale":0.00392156862745098,"bytes":true,"mean":null,"std":null}}' \
    '{"name":"comparison","kind":"label","shape":\[\],"classes":2,"names":null,"predicts":false,"normal":null}' \
    '"predictions":\[{"name":"comparison","shape":\[\],"classes":2}\]' '{"name":"digit_loss","per_sample":false,"overall":false}' \
    '{"name":"conv1","op":"conv2d","shape":\[32,12,12\],"parameters":320,"flops":165888}' \
    '{"name":null,"op":"max_pool2d","shape":\[32,6,6\],"parameters":0,"flops":0}' \
    '{"name":"conv1.weight","shape":\[32,1,3,3\],"kind":"parameter"}' '"chunks":[1-9]'; do
    grep -q "$words" info || fail "info: no $words: $(cat info)"
done
"$aux" info >words
grep -qE '^memory: [0-9.]+ MiB .* batches of 100 on 1 thread$' words || fail "info in words: $(cat words)"

# Each number that is not whole would be another one with a digit less.
cat train predict bench check | grep -o '[:[]-\{0,1\}[0-9][0-9.e-]*' | tr -d ':[' | grep '\.' |
    awk '{ n = $1; sub(/e.*/, "", n); gsub(/[-.]/, "", n); sub(/^0*/, "", n)
           if (length(n) > 17) print "too long: " $1
           if (length(n) > 15) for (d = 1; d < length(n); d++) if (sprintf("%.*g", d, $1) + 0 == $1 + 0) { print $1; next } }' \
    >longer
[ ! -s longer ] || fail "numbers with digits too many: $(head -n 5 longer)"

# Real values are told from counts, and the log has the same values, with 17 digits.
grep -q '"accuracy":[01]\.[0-9]' train || fail "an accuracy that is no real value: $(head -n 1 train)"
! grep -oE '"(loss|accuracy|digit_loss|mean|deviation|seconds)":-?[0-9]+[,}]' train || fail "a real value is written as a count"
grep '"event":"epoch"' train | sed 's/.*"train_running":{"loss":\([^}]*\)}.*"val":{"loss":\([^,]*\),.*/\1 \2/' >told
sed 1d log.csv | cut -d , -f 5,10 | tr , ' ' | paste -d ' ' - told |
    awk '{ n = $2; gsub(/^[-0.]*|[.]|e.*/, "", n); digits = length(n) > digits ? length(n) : digits }
         $1 + 0 != $3 + 0 || $2 + 0 != $4 + 0 { print; bad = 1 } END { exit bad || digits > 17 || digits < 15 }' >log ||
    fail "the log's values are others: $(cat log)"

# A network without a set of its own: its samples are drawn; --data still has to fit.
"$NNGEN" -o "$scratch/spiral.c" "$NNGEN_SOURCE/examples/embed/spiral.lua" || fail "spiral: status $?"
generated=$scratch
compile_model "$NNGEN_CC" spiral "$scratch/spiral" -O1 -w || fail "spiral: not compiled"
"$scratch/spiral" bench --batch 10 >told 2>&1 || fail "bench without a set: $(cat told)"
grep -q 'data drawn' told || fail "bench does not say that it draws: $(cat told)"
"$scratch/spiral" bench --batch 10 --json >bench || fail "bench --json without a set"
compared bench ''
[ "$(json_value data <bench)" = drawn ] || fail "bench --json: data"
if "$scratch/spiral" bench --data synthetic >told 2>&1; then fail "bench --data synthetic of other fields"; fi
[ "$(wc -l <told)" -eq 1 ] && grep -q 'no built-in data set has' told || fail "bench --data synthetic: $(cat told)"
# Nor does a file that was asked for by name stay out for another reason; $NNGEN_DATA may.
cp "$scratch/w.0.safetensors" foreign.safetensors
if "$scratch/spiral" bench --data foreign.safetensors >told 2>&1; then fail "bench --data of other fields"; fi
for data in nowhere foreign.safetensors "$scratch/spiral.c" "$NNGEN_SOURCE"; do
    NNGEN_DATA=$data "$scratch/spiral" bench --batch 10 >told 2>err || fail "bench, NNGEN_DATA=$data: $(cat err)"
    grep -q 'data drawn' told || fail "bench, NNGEN_DATA=$data: $(cat told)"
    [ -d "$data" ] || grep -q "NNGEN_DATA does not serve: $data" err || fail "bench, NNGEN_DATA=$data: $(cat err)"
done
if NNGEN_DATA=nowhere "$aux" bench >told 2>&1; then fail "bench: data that are not there"; fi
# Where no set fits, none is announced.
if (unset NNGEN_DATA && "$scratch/spiral" train --epochs 1) >told 2>&1; then fail "spiral: trained on digits"; fi
[ "$(wc -l <told)" -eq 1 ] && grep -q 'no built-in data set has' told || fail "spiral: $(cat told)"
# Memory of a small network in small units.
"$scratch/spiral" info --batch 1 >told || fail "spiral: info: status $?"
grep -qE '^memory: [0-9]+\.[0-9] KiB \(state [0-9.]+ (KiB|bytes), work [0-9.]+ (KiB|bytes)\)' told ||
    fail "spiral: $(cat told)"

# The table of kernels: equal names are told apart, shares add up, more than the peak is explained.
"$aux" bench $small >told 2>"$scratch/err" || fail "bench: $(cat "$scratch/err")"
awk '/training step, one/ { on = 1; next } /prediction, one/ { on = 0 } on && NF { print $2 }' told | sort |
    uniq -d >twice
[ ! -s twice ] || fail "equal names: $(cat twice)"
awk '/one thread:$/ { on++; next } on == 1 && NF { sum += $4 } END { exit !(sum > 97 && sum < 103) }' told ||
    fail "the shares of the step: $(cat told)"
if grep -q ' \*$' told; then
    grep -q '^\* .*Winograd' told || fail "more than the peak is not explained: $(cat told)"
fi
finish
