#!/usr/bin/env bash
# The program may export no symbol: one that has the name of a function inside
# a library would be called by that library in place of its own.
#
#   tests/check_symbols.sh PROGRAM
#
# Data of a library that the linker copied into the program (R_*_COPY) is the
# library's, not ours.
set -eu

prog=${1:?usage: check_symbols.sh PROGRAM}
[ -f "$prog" ] || { echo "$prog: no such program" >&2; exit 1; }

copied=$(readelf -rW "$prog" | awk '$3 ~ /_COPY$/ {sub(/@.*/, "", $5); print $5}')
exported=$(nm -D --defined-only "$prog" | awk '{sub(/@.*/, "", $3); print $3}')

bad=$(comm -23 <(sort -u <<<"$exported") <(sort -u <<<"$copied"))
[ -z "$bad" ] && exit 0

echo "$prog exports:" $bad >&2
exit 1
