#!/bin/sh
# Pages for man and completions are where man and the shells look for them.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"
install_nngen
for page in man:man/man1/nngen.1 bash:bash-completion/completions/nngen zsh:zsh/site-functions/_nngen \
    fish:fish/vendor_completions.d/nngen.fish; do
    "$prefix/bin/nngen" "--help=${page%%:*}" | cmp - "$prefix/share/${page#*:}" || fail "$page is another one"
done
grep -q '\\-\\-epochs' "$prefix/share/man/man1/nngen-program.1" || fail "nngen-program.1 lacks --epochs"
if command -v man >/dev/null; then
    for page in nngen nngen-program; do
        MANPATH="$prefix/share/man" MANPAGER=cat man $page >"$scratch/shown" 2>&1 && [ -s "$scratch/shown" ] ||
            fail "man $page: $(cat "$scratch/shown")"
    done
fi
finish
