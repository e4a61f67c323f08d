#!/bin/sh
# Includes point one way: common <- base <- graph, plan <- ops, loops <- kernels <- passes <- pipeline; emit
# knows only plan, loops and isa, graph no Lua, the runtime no compiler (but for check.h), the
# compiler no runtime; what both need lies in common, which knows neither.
. "$(dirname "$0")/../lib.sh"
cd "$NNGEN_SOURCE"

# The folders that the files of a folder may include from, besides the folder itself.
allowed() {
    case $1 in
    common) ;;
    compiler/base) echo common ;;
    compiler/graph) echo "compiler/base" ;;
    compiler/ops | compiler/optimizers) echo "compiler/base compiler/graph" ;;
    compiler/isa) echo "compiler/base" ;;
    compiler/isa/vocabulary) ;;
    compiler/plan) echo "compiler/base compiler/graph compiler/ops" ;;
    compiler/loops) echo "compiler/base compiler/plan compiler/isa" ;;
    compiler/kernels)
        echo "compiler/base compiler/graph compiler/ops compiler/plan compiler/loops compiler/isa"
        ;;
    compiler/passes)
        echo "compiler/base compiler/graph compiler/ops compiler/plan compiler/kernels compiler/isa"
        ;;
    compiler/emit) echo "compiler/base compiler/plan compiler/loops compiler/isa" ;;
    compiler/lua) echo "common compiler/base compiler/graph compiler/ops" ;;
    compiler)
        echo common
        for folder in compiler/*/ compiler/passes/*/; do echo "${folder%/}"; done
        ;;
    runtime) echo common ;;
    runtime/nn) echo runtime ;;
    runtime/onnx) echo "runtime compiler/base compiler/graph compiler/ops" ;;
    convert) echo "common runtime" ;;
    *) echo "unknown" ;;
    esac
}

for file in $(find common compiler runtime convert -name '*.[ch]' -o -name '*.def' | sort); do
    folder=${file%/*}
    may=$(allowed "$folder" | tr '\n' ' ')
    if [ "$may" = "unknown " ]; then
        fail "$file: its folder is not in the list of this test"
        continue
    fi
    sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file" >"$scratch/list"
    while read -r include; do
        path=$(realpath -m --relative-to=. "$folder/$include")
        if [ ! -e "$path" ]; then
            fail "$file: \"$include\" is no file; includes are relative to the file"
            continue
        fi
        target=${path%/*}
        [ "$target" != "$folder" ] || continue
        case "$file $path" in
        "compiler/emit/"*" compiler/graph/layers.h" | "compiler/emit/"*" compiler/graph/optimizer.h") continue ;;
        # The summary and the drawing show the graph itself.
        "compiler/emit/summary."*" compiler/graph/"* | "compiler/emit/dot."*" compiler/graph/"*) continue ;;
        "runtime/export.c runtime/onnx/export.h") continue ;;
        "runtime/check.h compiler/"* | "runtime/info.c compiler/graph/layers.h") continue ;;
        # The C that generated files carry is not code of nngen's.
        "compiler/emit/prelude.h runtime/model.h" | "compiler/emit/prelude.h compiler/isa/vocabulary/"*)
            continue
            ;;
        esac
        case " $may " in
        *" $target "*) ;;
        *) fail "$file includes $path" ;;
        esac
    done <"$scratch/list"
    case $folder in
    compiler/lua) ;;
    *)
        if grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"](lua|lualib|lauxlib)\.h' "$file"; then
            fail "$file includes Lua"
        fi
        ;;
    esac
done
finish
