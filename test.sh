#!/usr/bin/env bash
# Build everything and run every test.
#
#   ./test.sh             all of it; the last line is "N passed, N failed"
#   ./test.sh unit flow   only these steps (tests/run_tests.py -h lists them)
#
# Missing Debian packages are installed first (tests/deps.sh).  Builds go to
# build-test/, build-asan/ and build-fuzz/.
set -u
cd "$(dirname "$0")" || exit 1
exec </dev/null

if ! bash tests/deps.sh build test; then
	echo "test.sh: packages are missing, see above" >&2
	set -- --broken packages "$@"
fi

python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3)
if [ -z "$python" ]; then
	echo "test.sh: no python3" >&2
	echo "0 passed, 1 failed"
	exit 1
fi

exec "$python" tests/run_tests.py "$@"
