#!/usr/bin/env bash
# Write the pages of docs/ that come from the tables of the program.
#
#   docs/update.sh MKDOCS            write them (ninja docs-update does it)
#   docs/update.sh --check MKDOCS    only tell which are old; 1 if any is
set -eu

check=
if [ "${1:-}" = --check ]; then
	check=1
	shift
fi
mkdocs=$(realpath "${1:?usage: update.sh [--check] MKDOCS}")
cd "$(dirname "$0")"
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
status=0

for page in configuration dialplan console asterisk; do
	"$mkdocs" md "$page" >"$fresh"
	if [ -z "$check" ]; then
		cat "$fresh" >"$page.md"
	elif ! diff -u "$page.md" "$fresh"; then
		echo "docs/$page.md is old: ninja -C build docs-update" >&2
		status=1
	fi
done

exit $status
