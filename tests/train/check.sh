#!/bin/sh
# Every program against the double-precision interpreter, on every instruction set.
. "$(dirname "$0")/../lib.sh"
need_models

for model in $NNGEN_MODELS; do
    for isa in $(isas "$model"); do
        if result=$("$(program "$model")" check --quiet --json --isa "$isa"); then
            case $result in
            *'"ok":true'* | *'"ok": true'*) echo "$model: $result" ;;
            *) fail "$model --isa $isa: $result" ;;
            esac
        else
            fail "$model --isa $isa: status $?: $result"
        fi
    done
done
# A batch of several chunks, whose gradients the update adds.
"$(program mlp)" check --quiet --batch 100 || fail "mlp, batch 100: status $?"
finish
