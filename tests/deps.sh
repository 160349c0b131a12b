#!/usr/bin/env bash
# Debian packages that the build, the demo and the tests need.
#
#   tests/deps.sh build [demo] [test]     install what is missing
#   . tests/deps.sh                       for deps_install and the lists
#
# Nothing is asked of the package servers if all is there.

DEPS_BUILD="gcc libc6-dev meson ninja-build pkg-config libre-dev libssl-dev
libsqlite3-dev libedit-dev libpcre2-dev libspandsp-dev libopus-dev"

DEPS_DEMO="asterisk-core-sounds-en-wav asterisk-core-sounds-ru-wav
asterisk-moh-opsound-wav espeak-ng"

DEPS_TEST="$DEPS_DEMO asterisk-core-sounds-es-wav asterisk-core-sounds-fr-wav
asterisk-core-sounds-it-wav libasterisk-agi-perl libcmocka-dev libsrtp2-dev python3 python3-pytest sip-tester baresip kamailio
sipsak tshark sox curl openssl iproute2 nftables conntrack fail2ban systemd binutils clang
libclang-rt-14-dev llvm"

# The names among the arguments that are not installed
deps_missing()
{
	local p

	for p in "$@"; do
		dpkg-query -W -f='${db:Status-Status}\n' "$p" 2>/dev/null |
			grep -qx installed || echo "$p"
	done
}

deps_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		echo "deps: need root or sudo for: $*" >&2
		return 1
	fi
}

deps_apt()
{
	deps_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q \
		-o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# Install those of the arguments that are missing; 0 if all are there then
deps_install()
{
	local missing

	if ! command -v dpkg-query >/dev/null 2>&1; then
		echo "deps: not a Debian system; these must be there:" $* >&2
		return 0
	fi

	missing=$(deps_missing "$@")
	[ -z "$missing" ] && return 0

	echo "deps: installing" $missing >&2

	# a fresh machine has no lists, an old one has stale ones
	deps_apt install --no-install-recommends $missing >&2 2>/dev/null ||
	{
		deps_apt update >&2
		deps_apt install --no-install-recommends $missing >&2
	}

	missing=$(deps_missing "$@")
	[ -z "$missing" ] && return 0

	echo "deps: could not install" $missing >&2
	return 1
}

# Install what can be had of those that are nice to have, one by one if not
# together; 0 if all are there then
deps_install_some()
{
	local p missing

	deps_install "$@" && return 0

	for p in $(deps_missing "$@"); do
		deps_apt install --no-install-recommends "$p" >&2 2>/dev/null
	done

	missing=$(deps_missing "$@")
	[ -z "$missing" ] && return 0

	echo "deps: not to be had:" $missing >&2
	return 1
}

deps_main()
{
	local area list

	for area in "$@"; do
		case $area in
		build) list="$list $DEPS_BUILD" ;;
		demo) list="$list $DEPS_DEMO" ;;
		test) list="$list $DEPS_TEST" ;;
		*)
			echo "usage: tests/deps.sh build|demo|test ..." >&2
			return 2
			;;
		esac
	done

	deps_install $list
}

# Run, not sourced
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	deps_main "$@"
fi
