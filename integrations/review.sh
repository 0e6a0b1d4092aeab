#!/bin/sh
# What a change does to the data flows of a map: findings as SARIF, and a review as Markdown. For any CI system.
#
#   COMITY_MAP      the map                                        comity.yaml
#   COMITY_BASE     the revision that the change starts from       origin/main
#   COMITY_IMPORTS  sources imported on both sides, one a line,    (none)
#                   such as terraform=infra
#   COMITY_OUT      the folder for comity.sarif and review.md      .
#   COMITY_FAIL     yes: fail where something is newly not allowed yes
#
# Reads files of the repository only: it runs nothing that they name and opens no connection.
set -eu

map=${COMITY_MAP:-comity.yaml}
base=${COMITY_BASE:-origin/main}
out=${COMITY_OUT:-.}
fail=${COMITY_FAIL:-yes}

mkdir -p "$out"
# The findings of the whole map: what was there before is told too, and fails nobody.
comity check "$map" --sarif --fail-on none > "$out/comity.sarif"

set -- check "$map" --diff "$base"
while IFS= read -r source; do
    [ -n "$source" ] && set -- "$@" --import "$source"
done <<EOF
${COMITY_IMPORTS:-}
EOF
[ "$fail" = yes ] || set -- "$@" --fail-on none

code=0
comity "$@" > "$out/review.md" || code=$?
cat "$out/review.md"
exit "$code"
