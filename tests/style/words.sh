#!/bin/sh
# No paths of somebody's machine and no notes for later in the project's files.
. "$(dirname "$0")/../lib.sh"
cd "$NNGEN_SOURCE"
tracked | grep -v -e '^tests/style/words.sh$' -e '^docs/study/.*[.]svg$' >"$scratch/files"
tr '\n' '\0' <"$scratch/files" >"$scratch/files0"

# shellcheck disable=SC2016
for pattern in '(^|[^A-Za-z0-9_./})-])/(work|home|root|Users)/' '/tmp/bash_jobs' \
    '(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)' '[[:space:]]$' "$(printf '\r')"; do
    if xargs -0 grep -nIE -e "$pattern" -- <"$scratch/files0" 2>/dev/null; then
        fail "matches of '$pattern'"
    fi
done
finish
