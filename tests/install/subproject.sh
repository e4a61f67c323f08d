#!/bin/sh
# nngen as a folder of another project, whose settings are not its own, and out of a repository.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"
need_tools git

# What is not committed yet belongs to it, too.
git init -q -b main "$scratch/repository"
(cd "$NNGEN_SOURCE" && tracked | while read -r file; do [ ! -e "$file" ] || echo "$file"; done |
    tar -cf - -T -) | tar -xf - -C "$scratch/repository"
git -C "$scratch/repository" add -A
git -C "$scratch/repository" -c user.name=n -c user.email=n commit -qm n

build fetch -DHOW=fetch -DNNGEN="$scratch/repository" -DNNGEN_EXECUTABLE="$NNGEN"
says_answer "$scratch/fetch/use"
[ -z "$(find "$scratch/fetch" -name 'libnngen_runtime*')" ] || fail "what nobody uses was built"

build folder -DHOW=subdirectory -DNNGEN="$scratch/repository" -DPROGRAM=ON -DPARENT=ON
says_answer "$scratch/folder/programs/use"
is_program "$scratch/folder/programs/net2"
[ -z "$(find "$scratch/folder" -name 'unit_test*' -o -name '*nngen*.so')" ] || fail "tests or shared libraries"
cmake --install "$scratch/folder" --prefix "$scratch/installed" >"$scratch/log" || fail "install: status $?"
[ "$(cd "$scratch/installed" && find . -type f)" = ./bin/use ] ||
    { cat "$scratch/log"; fail "the project installs more than its own"; }
finish
