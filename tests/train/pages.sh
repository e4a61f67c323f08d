#!/bin/sh
# What is made of the option tables besides --help: pages for man and completions for shells, of nngen
# and of the programs.
. "$(dirname "$0")/../lib.sh"
cd "$scratch"
for name in nngen nngen-data aux; do
    program=$NNGEN_BIN/$name
    [ -x "$program" ] || { echo "$name was not built"; continue; }
    for page in man bash zsh fish; do
        "$program" --help=$page >$name.$page || fail "$name --help=$page: status $?"
        [ -s $name.$page ] || fail "$name --help=$page is empty"
    done
    "$program" --help | grep -o -- ' --[a-z-]*' | sort -u >options
    while read -r option; do
        escaped=$(echo "$option" | sed 's/-/\\\\-/g')
        grep -q -- "$escaped" $name.man || fail "$name.man does not tell $option"
        for page in bash zsh; do grep -q -- "$option" $name.$page || fail "$name.$page lacks $option"; done
        grep -q -- "-l ${option#--} " $name.fish || fail "$name.fish lacks $option"
    done <options
    if command -v mandoc >/dev/null; then
        # The date is that of no day, so that the same sources give the same page.
        mandoc -Tlint -Wwarning $name.man | grep -v 'missing date' && fail "$name.man"
    fi
    if command -v man >/dev/null; then
        MANPAGER=cat man -l $name.man >shown 2>said || fail "man: status $?"
        [ ! -s said ] || fail "man says $(cat said)"
    fi
    for shell in bash zsh fish; do
        command -v $shell >/dev/null || { echo "$shell is missing"; continue; }
        $shell -n $name.$shell || fail "$name.$shell is not understood"
    done
done

# completes EXPECTED WORD...: what bash offers for the last word.
completes() {
    expected=$1
    shift
    offered=$(bash -c '
        compopt() { :; }
        for file in ./*.bash; do . "$file"; done
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        "_$(echo "$0" | tr - _)"
        echo "${COMPREPLY[*]}"' "$1" "$@")
    [ "$offered" = "$expected" ] || fail "bash, $*: offers $offered instead of $expected"
}
if command -v bash >/dev/null; then
    : >net.lua
    : >other.txt
    completes 'build' nngen bui
    if [ -e nngen-data.bash ]; then
        completes 'other.txt' nngen data oth
        completes 'other.txt' nngen-data oth
        completes '--like' nngen-data --li
        completes '--like' nngen data --li
        completes 'numpy' nngen data --as nu
    fi
    completes 'net.lua' nngen build n
    completes 'net.lua' nngen n
    completes '--emit' nngen --em
    completes '' nngen build --em
    completes '--shared' nngen build net.lua --s
    completes 'summary' nngen --emit s
    completes 'summary' nngen --emit = s
    completes 'on off' nngen --winograd =
    completes 'other.txt' nngen -o oth
    if [ -e aux.bash ]; then
        completes 'train' aux tr
        completes '--epochs' aux train --epochs
        completes '' aux info --epochs
        completes 'val' aux eval --split v
        completes '' aux train --epochs 1
    fi
fi
for command in eval predict grad; do
    ! "$(program mlp)" $command --help | grep -E 'begin.* with' || fail "$command --help tells of training"
done
"$(program mlp)" train --help | grep -q 'begin with these parameters' || fail "train --help: --load"
finish
