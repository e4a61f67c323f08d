#!/bin/sh
# Pages for man and completions are where man and the shells look for them.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"
install_nngen
for program in nngen nngen-data; do
    [ -x "$NNGEN_BIN/$program" ] || { echo "$program was not built"; continue; }
    for page in man:man/man1/$program.1 bash:bash-completion/completions/$program \
        zsh:zsh/site-functions/_$program fish:fish/vendor_completions.d/$program.fish; do
        "$prefix/bin/$program" "--help=${page%%:*}" | cmp - "$prefix/share/${page#*:}" || fail "$page is another one"
    done
done
if [ -x "$NNGEN_BIN/nngen" ]; then
    "$prefix/bin/nngen" --help=luals | cmp - "$prefix/share/nngen/luals/nn.d.lua" || fail "nn.d.lua is another one"
fi
grep -q '\\-\\-epochs' "$prefix/share/man/man1/nngen-program.1" || fail "nngen-program.1 lacks --epochs"
if command -v man >/dev/null; then
    for page in nngen nngen-program; do
        MANPATH="$prefix/share/man" MANPAGER=cat man $page >"$scratch/shown" 2>&1 && [ -s "$scratch/shown" ] ||
            fail "man $page: $(cat "$scratch/shown")"
    done
fi
finish
