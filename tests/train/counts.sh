#!/bin/sh
# Parameters and FLOPs of the six networks of the study, as nngen and as the programs state them.
. "$(dirname "$0")/../lib.sh"
need_models

# name, parameters, trained per phase, FLOPs of a sample forward and training (of the first phase)
while read -r name parameters trainable forward train; do
    summary=$("$NNGEN" --emit=summary "$NNGEN_SOURCE/arch/$name.lua") || fail "$name: no summary"
    for count in "$parameters" $(echo "$trainable" | tr ',' ' ') "$forward" "$train"; do
        echo "$summary" | sed 's/\([0-9]\),\([0-9]\)/\1\2/g' | grep -qw "$count" ||
            fail "$name: the summary does not say $count"
    done

    info=$("$(program "$name")" info --json) || fail "$name: no info"
    for pair in "parameters=$parameters" "forward=$forward" "train=$train"; do
        found=$(echo "$info" | json_value "${pair%%=*}")
        [ "$found" = "${pair#*=}" ] || fail "$name: ${pair%%=*} is $found, not ${pair#*=}"
    done
    found=$(echo "$info" | json_list trainable | tr '\n' ',')
    [ "$found" = "$trainable," ] || fail "$name: trained per phase $found not $trainable"
done <<END
mlp 146588 146588 292216 669672
cnn 60278 60278 837648 2347056
sharing 63242 63242 1515536 4380720
aux 64092 64092 1518896 4390800
transfer 64092 60670,44426 1512096 4370400
digit 60670 60670 1512096 4370400
END
finish
