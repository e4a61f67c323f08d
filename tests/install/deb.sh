#!/bin/sh
# The Debian package: what it needs, what it holds, what lintian says, and what is unpacked works.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"
need_tools dpkg-shlibdeps dpkg-deb cpack gzip file

cpack --config "$NNGEN_BUILD/CPackConfig.cmake" -B "$scratch/packages" >"$scratch/log" 2>&1 ||
    { cat "$scratch/log"; fail "cpack: status $?"; finish; }
package=$(echo "$scratch"/packages/*.deb)
field() { dpkg-deb -f "$package" "$1"; }
[ "$(field Package) $(field Version)" = "$("$NNGEN" --version)" ] || fail "$(field Package) $(field Version)"
for library in libc6 liblua5.4-0 libmd0; do
    field Depends | grep -q "$library (>= " || fail "Depends: $(field Depends), without $library"
done
if [ -x "$NNGEN_BIN/nngen-data" ]; then
    for library in libarchive libcsv libjpeg libpng libsndfile; do
        field Depends | grep -q "$library" || fail "Depends: $(field Depends), without $library"
    done
    files="bin/nngen-data share/man/man1/nngen-data.1.gz share/bash-completion/completions/nngen-data"
else
    ! field Depends | grep -E 'jansson|zlib' || fail "needs what only programs need"
    files=
fi
for library in libjansson-dev zlib1g-dev clang; do
    field Recommends | grep -q "$library" || fail "Recommends: $(field Recommends), without $library"
done
if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error "$package" || fail "lintian: status $?"
else
    echo "lintian is missing"
fi

dpkg-deb -x "$package" "$scratch/root"
cd "$scratch/root/usr"
for file in bin/nngen include/nngen/model.h lib/libnngen_runtime.a lib/libnngraph.a share/nngen/main.c \
    lib/cmake/nngen/nngen-config.cmake lib/pkgconfig/nngen.pc share/doc/nngen/copyright share/man/man1/nngen.1.gz \
    share/man/man1/nngen-program.1.gz share/bash-completion/completions/nngen \
    share/zsh/vendor-completions/_nngen share/fish/vendor_completions.d/nngen.fish $files; do
    [ -s "$file" ] || fail "$file is missing"
done
! grep -rF "$NNGEN_BUILD" lib/cmake lib/pkgconfig || fail "paths of the build"
[ "$(bin/nngen "$project/net.lua" | cksum)" = "$("$NNGEN" "$project/net.lua" | cksum)" ] ||
    fail "the packaged nngen makes other C"
finish
