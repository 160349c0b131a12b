#!/usr/bin/env bash
# Prompts and music of the demo office.
#
#   dist/demo/sounds.sh DIR
#
# Makes what is missing in DIR/sounds and DIR/moh and leaves the rest alone, so
# own recordings may be put there.  Words are spoken by espeak-ng; without it
# tones take their place.  Digits are only made if Debian's prompts are not
# installed, music likewise.
#
# An office with words of its own has DIR/prompts.txt with lines "name words";
# they are spoken in the language= of its sip.conf.
set -eu

dir=${1:?usage: sounds.sh DIR}
speech=$(sed -n 's/^language=\([a-z]*\).*/\1/p' "$dir/sip.conf" 2>/dev/null |
	head -n 1)
speech=${speech:-en}
lang=$dir/sounds/$speech
packaged_sounds=/usr/share/asterisk/sounds
packaged_music=/usr/share/asterisk/moh
part=
voice=$speech
[ "$speech" != en ] || voice=en-us

trap 'rm -f "$part"' EXIT

# Notes "frequency:milliseconds", 0 is silence -> u-law at 8 kHz on stdout.
# awk writes escapes and printf bytes: not every awk can write a zero byte.
tones()
{
	local escapes

	escapes=$(LC_ALL=C awk -v notes="$*" '
	function ulaw(x,  sign, seg, top) {
		sign = 128
		if (x < 0) { x = -x; sign = 0 }
		x = int(x) + 132
		if (x > 32767) x = 32767
		seg = 0
		for (top = 256; x >= top && seg < 7; top *= 2) seg++
		return 255 - (128 - sign) - seg * 16 - \
			(int(x / 2 ^ (seg + 3)) - 16)
	}
	BEGIN {
		n = split(notes, note, " ")
		for (i = 1; i <= n; i++) {
			split(note[i], part, ":")
			len = part[2] * 8
			for (t = 0; t < len; t++) {
				ramp = t < len - t ? t : len - t
				gain = ramp < 80 ? ramp / 80 : 1
				printf "\\x%02x", ulaw(8000 * gain * \
					sin(6.2831853 * part[1] * t / 8000))
			}
		}
	}')
	printf '%b' "$escapes"
}

# Is there NAME in any format?
have()
{
	[ -e "$1.wav" ] || [ -e "$1.ulaw" ]
}

# Whole or not at all: a prompt that was cut short would stay for ever
keep()
{
	mv "$part" "$1"
	part=
}

# NAME "words" "notes in their place"
prompt()
{
	local path=$lang/$1

	have "$path" && return 0
	mkdir -p "$(dirname "$path")"
	part=$path.part
	if command -v espeak-ng >/dev/null 2>&1 &&
		espeak-ng -v "$voice" -s 150 -w "$part" "$2" </dev/null \
			2>/dev/null && [ -s "$part" ]
	then
		keep "$path.wav"
	else
		tones $3 >"$part"
		keep "$path.ulaw"
	fi
}

# A digit as so many beeps, ten for zero
beeps()
{
	local i

	for ((i = $1 ? $1 : 10; i > 0; i--)); do
		printf '1000:120 0:120 '
	done
	echo '0:400'
}

digits()
{
	local i names=(zero one two three four five six seven eight nine)

	compgen -G "$packaged_sounds/*/digits/1.*" >/dev/null && return 0
	for i in 0 1 2 3 4 5 6 7 8 9; do
		prompt "digits/$i" "${names[i]}" "$(beeps "$i")"
	done
	prompt digits/star star '1500:200 0:300'
	prompt digits/pound pound '700:200 0:300'
}

music()
{
	mkdir -p "$dir/moh"
	compgen -G "$dir/moh/*" >/dev/null && return 0

	if compgen -G "$packaged_music/*.wav" >/dev/null; then
		ln -s "$packaged_music"/*.wav "$dir/moh/"
		return 0
	fi

	part=$dir/moh.part
	tones 523:400 659:400 784:400 1047:800 784:400 659:400 523:800 \
		440:400 523:400 659:400 880:800 659:400 523:400 440:800 \
		349:400 440:400 523:400 698:800 523:400 440:400 349:800 \
		392:400 494:400 587:400 784:800 587:400 494:400 392:800 \
		>"$part"
	keep "$dir/moh/chords.ulaw"
}

up='440:200 554:200 659:300 0:300'
down='659:200 554:200 440:300 0:300'

# The words of an office
office()
{
	local name words

	while read -r name words; do
		case $name in
		'' | '#'*) ;;
		*) prompt "$name" "$words" "$up" ;;
		esac
	done <"$dir/prompts.txt"
}

if [ -e "$dir/prompts.txt" ]; then
	office
	digits
	music
	exit 0
fi

prompt office/echo "You will hear yourself now. Press hash to stop." "$up"
prompt office/record \
	"After the tone, say something. Press hash when you are done." "$up"
prompt office/heard "This is what you said." "$down"
prompt office/number "You are calling from" "$up"
prompt office/type \
	"Type digits and press hash, and I shall read them to you." "$up"
prompt office/nobody "Nobody answers. Please try again later." "$down"
prompt office/bye "Goodbye." "$down"
digits
music
