#!/usr/bin/env bash
# A telephone exchange to try, in one command.
#
#   ./start.sh                 install what is missing, build, run
#   ./start.sh --office en     a small office with all that belongs to it: menu,
#                              queue, voicemail, conference, parking (ru: in
#                              Russian)
#   PORT=5062 ./start.sh       on another port
#
# Made for Debian 12, as root or with sudo.  The office it runs lives in
# demo/ (demo-en/, demo-ru/): made once with secrets of its own, kept
# afterwards.  Ctrl-C ends it.
#
# PORT  SIP port; the one of the last time, or 5060, if not said
# BIND  address to listen on; every IPv4 address if not said
# DEMO  folder of the office; demo, demo-en or demo-ru if not said
# BUILD folder of the build; build if not said
set -u
cd "$(dirname "$0")" || exit 1
. tests/deps.sh

BUILD=${BUILD:-build}
TEMPLATE=dist/demo
child=

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "start.sh: $1"
	shift
	[ $# = 0 ] || printf '          %s\n' "$@" >&2
	exit 1
}


# ---- words ------------------------------------------------------------------

usage()
{
	say "usage: ./start.sh [--office en|ru]"
	say "       with PORT, BIND, DEMO, BUILD in the environment, see the" \
		"first lines of the file"
	exit 2
}

case $#:${1:-}:${2:-} in
0:*) DEMO=${DEMO:-demo} ;;
2:--office:en | 2:--office:ru)
	TEMPLATE=config/examples/office-$2
	DEMO=${DEMO:-demo-$2}
	;;
*) usage ;;
esac


# ---- packages and build ---------------------------------------------------

packages()
{
	deps_install $DEPS_BUILD ||
		die "packages that the build needs are missing, see above" \
		    "as root:  apt-get update" \
		    "          apt-get install $(echo $(deps_missing $DEPS_BUILD))"

	# prompts are a nicety: asked for once, never waited for again
	[ -d "$DEMO" ] || deps_install_some $DEPS_DEMO ||
		say "start.sh: the office speaks with what is there"
}

build()
{
	local log=$BUILD/start.log

	mkdir -p "$BUILD" 2>/dev/null && [ -w "$BUILD" ] ||
		die "cannot write to $PWD/$BUILD" \
		    "it was made by somebody else: remove it, or run as then"

	say "start.sh: building (a minute the first time)"
	if ! { [ -e "$BUILD/build.ninja" ] || meson setup -Dwerror=false "$BUILD"; } \
		>"$log" 2>&1 ||
		! ninja -C "$BUILD" tandem >>"$log" 2>&1
	then
		tail -n 30 "$log" >&2
		die "the build failed; all of its output is in $PWD/$log"
	fi
}


# ---- the office -----------------------------------------------------------

# 16 characters in four groups, none that is mistaken for another: 80 bits
secret()
{
	od -An -v -N16 -tu1 /dev/urandom | tr -s ' ' '\n' |
	awk '/./ {
		printf "%s%s", n && n % 4 == 0 ? "-" : "",
		       substr("abcdefghijkmnpqrstuvwxyz23456789",
			      $1 % 32 + 1, 1)
		n++
	}'
}

# Six digits for a telephone keypad
pin()
{
	od -An -v -N6 -tu1 /dev/urandom | tr -s ' ' '\n' |
		awk '/./ { printf "%d", $1 % 10 }'
}

# A name of the template by its value in this office; PINs of the examples
# are 48....
fill()
{
	local name values=()

	for name in $(grep -oh '@SECRET[0-9]*@' "$1" | sort -u); do
		values+=(-e "s|$name|$(secret)|")
	done
	for name in $(grep -ohE '\<48(0000|100[0-9])\>' "$1" | sort -u); do
		values+=(-e "s|\\<$name\\>|$(pin)|")
	done

	sed -e "s|@DIR@|$dir|g" -e "s|@TANDEM@|$PWD/$BUILD/tandem|g" \
		-e "s|@RTPSTART@|10000|" -e "s|@RTPEND@|20000|" \
		"${values[@]}" "$1"
}

# All of it beside, then in place: half an office is none
make_office()
{
	local file fresh=$DEMO.new dir

	case $DEMO in
	/*) dir=$DEMO ;;
	*) dir=$PWD/$DEMO ;;
	esac

	rm -rf "$fresh"
	(umask 077 && mkdir -p "$fresh") || die "cannot write to $fresh"
	for file in "$TEMPLATE"/*.conf "$TEMPLATE"/*.txt; do
		[ -e "$file" ] || continue
		(umask 077 && fill "$file" >"$fresh/${file##*/}") ||
			die "cannot write to $fresh"
	done

	# as root: whoever has this folder has the office too
	[ "$(id -u)" != 0 ] ||
		chown -R --reference="$(dirname "$DEMO")" "$fresh" ||
		die "cannot give $fresh to the owner of $(dirname "$DEMO")"

	mv "$fresh" "$DEMO" || die "cannot write to $DEMO"
	say "start.sh: made the office in $dir"
}

# The port of the last time, if it is not said
port()
{
	local last

	last=$(sed -n 's/^bindport=//p' "$DEMO/listen.conf" 2>/dev/null)
	PORT=${PORT:-${last:-5060}}
	[[ $PORT =~ ^[0-9]{1,5}$ ]] && [ "$PORT" -ge 1 ] &&
		[ "$PORT" -le 65535 ] ||
		die "PORT=$PORT is no port, it is a number from 1 to 65535"
}

listen()
{
	(umask 077 && printf '%s\n' "; written by start.sh at each start" \
		"bindaddr=${BIND:-0.0.0.0}" "bindport=$PORT" \
		"tcpenable=yes" "tcpbindaddr=${BIND:-0.0.0.0}:$PORT" \
		>"$DEMO/listen.conf") ||
		die "cannot write to $DEMO" \
		    "it was made by somebody else: run as then, or move it away"
}

office()
{
	[ -d "$DEMO" ] || make_office
	port
	listen
	bash dist/demo/sounds.sh "$DEMO" ||
		say "start.sh: some prompts are missing"

	# Tandem becomes the owner of the office: what was written above too
	[ "$(id -u)" != 0 ] || chown -R --reference="$DEMO" \
		"$DEMO"/{listen.conf,sounds,moh} 2>/dev/null
	return 0
}


# ---- run ------------------------------------------------------------------

console()
{
	"$BUILD/tandem" -C "$DEMO" -rx "$1"
}

# IPv4 addresses where phones may find us
addresses()
{
	local found

	case ${BIND:-0.0.0.0} in
	0.0.0.0 | ::) ;;
	*)
		echo "$BIND"
		return
		;;
	esac

	found=$(hostname -I 2>/dev/null | tr ' ' '\n' |
		grep -E '^[0-9]+(\.[0-9]+){3}$')
	echo "${found:-127.0.0.1}"
}

secret_of()
{
	awk -v section="[$1]" '
		/^\[/ { inside = index($0, section) == 1 }
		inside && /^secret=/ {
			sub(/^secret=/, ""); sub(/[ \t;].*/, ""); print; exit
		}' "$DEMO/sip.conf"
}

# What goes into a phone
phones()
{
	local where user

	for where in $(addresses); do
		printf '    server   %s   port %s   UDP or TCP\n' "$where" "$PORT"
	done
	for user in $(sed -n 's/^\[\([0-9]*\)\](phone).*/\1/p' \
		"$DEMO/sip.conf"); do
		printf '    user     %s   password %s\n' "$user" \
			"$(secret_of "$user")"
	done
}

# The office's own words, with @PHONES@ in them
greet_office()
{
	local line

	echo
	while IFS= read -r line; do
		case $line in
		@PHONES@) phones ;;
		*) printf '%s\n' "$line" ;;
		esac
	done <"$DEMO/greeting.txt"
	cat <<END

    $BUILD/tandem -C $DEMO -r       console (sip show peers, help)
    Ctrl-C                          end

END
}

greet()
{
	if [ -e "$DEMO/greeting.txt" ]; then
		greet_office
		return
	fi

	echo
	echo "Tandem is running.  Set up two phones, on a desk or as a program:"
	echo
	phones
	cat <<END

and dial:

    1001, 1002   each other; recorded, a channel each, in
                 $DEMO/spool/monitor/
    600          hear yourself (echo)
    601          say something, press #, hear it again
    602          your number and what you type, spoken
    603          music

A provider for calls to the world: what to fill in is written in
$DEMO/sip.conf and $DEMO/extensions.conf.

    $BUILD/tandem -C $DEMO -r       console (sip show peers, help)
    Ctrl-C                          end

END
}

port_taken()
{
	local who

	who=$(ss -Hlnup "sport = :$PORT" 2>/dev/null |
		sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' |
		head -n 1)

	say ""
	say "start.sh: port $PORT is taken${who:+ by $who}."
	say "          End that program, or take another port:"
	say ""
	say "              PORT=$((PORT < 65534 ? PORT + 2 : 5062)) ./start.sh"
	say ""
	say "          The phones must be told the same port then."
}

end()
{
	[ -n "$child" ] && kill -TERM "$child" 2>/dev/null
}

# Ready once its console answers
wait_ready()
{
	local i

	for ((i = 0; i < 100; i++)); do
		kill -0 "$child" 2>/dev/null || return 1
		console 'core show version' >/dev/null 2>&1 && return 0
		sleep 0.1
	done

	return 1
}

# A signal ends a wait early; the program ends later
wait_end()
{
	wait "$child"
	while kill -0 "$child" 2>/dev/null; do
		wait "$child"
	done
	wait "$child"
}

run()
{
	local status

	if console 'core show version' >/dev/null 2>&1; then
		die "this office is running already" \
		    "console:  $BUILD/tandem -C $DEMO -r" \
		    "end it:   $BUILD/tandem -C $DEMO -rx 'core stop now'"
	fi

	trap end INT TERM HUP
	"$BUILD/tandem" -f -C "$DEMO" &
	child=$!

	wait_ready && greet
	wait_end
	status=$?

	[ $status = 69 ] && port_taken
	[ $status = 78 ] && say "start.sh: the configuration in $DEMO has" \
		"errors, see above"
	return $status
}

packages
build
office
run
