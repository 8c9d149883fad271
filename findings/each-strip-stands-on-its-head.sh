#!/bin/bash
# A TIFF whose first row is the lowest is cut into slices, of which each stands on its head.
#
# Guess, before it was run: tiff2rgba -b, which spares memory by going from strip to strip, makes the picture that it
# makes without: row 7 first, as orientation 4 says. Or it keeps the order and says the orientation again.
# Seen, with libtiff-tools 4.5.0-6+deb12u4 (Debian 12): each strip, here of two rows, is turned upside down for itself,
# and stays where it was. The orientation that is said afterwards is the usual one. Exit code 0, no message.
#   orientation 1:     0 1 2 3 4 5 6 7
#   orientation 1, -b: 0 1 2 3 4 5 6 7
#   orientation 4:     7 6 5 4 3 2 1 0
#   orientation 4, -b: 1 0 3 2 5 4 7 6
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Unpacks packages and all they need below system/, installs nothing.
unpack() {
	local apt=(apt-get -y --no-install-recommends --download-only -o "Dir::State::status=$work/status"
		-o "Dir::Cache::archives=$work/debs/" -o Debug::NoLocking=1 -o APT::Sandbox::User=)
	mkdir -p system debs/partial
	: >status
	"${apt[@]}" install "$@" >apt.log 2>&1 || {
		tail -n 5 apt.log >&2
		echo "cannot be tried: needs Debian 12 with these packages: $*" >&2
		exit 2
	}
	rm -f debs/libc6_*.deb
	for deb in debs/*.deb; do dpkg-deb -x "$deb" system; done
	libs=$(find "$work/system" -name '*.so*' -printf '%h\n' | sort -u | tr '\n' ':')
}

tool() { LD_LIBRARY_PATH=$libs "$work/system/usr/bin/$1" "${@:2}"; }

unpack libtiff-tools=4.5.0-6+deb12u4 libtiff6=4.5.0-6+deb12u4 netpbm=2:11.01.00-2

number() { # bytes value, little-endian
	local shift
	for ((shift = 0; shift < 8 * $1; shift += 8)); do
		printf '%b' "\\x$(printf %x $(($2 >> shift & 255)))"
	done
}

entry() { # tag value [count]: one short, or, where there are several, where longs lie
	local count=${3:-1}
	number 2 "$1"
	number 2 $((count > 1 ? 4 : 3))
	number 4 "$count"
	number 4 "$2"
}

# Gray, a pixel wide, eight rows from 0 to 7 in four strips. The directory's ten entries end at byte 134.
tiff() { # orientation
	local strip
	printf 'II*\0'
	number 4 8
	number 2 10
	entry 256 1
	entry 257 8
	entry 258 8
	entry 259 1
	entry 262 1
	entry 273 134 4
	entry 274 "$1"
	entry 277 1
	entry 278 2
	entry 279 150 4
	number 4 0
	for strip in 0 1 2 3; do number 4 $((166 + 2 * strip)); done
	for strip in 0 1 2 3; do number 4 2; done
	printf '\0\1\2\3\4\5\6\7'
}

rows() { # file [option]
	tool tiff2rgba "${@:2}" "$1" out.tif
	tool tifftopnm out.tif 2>tifftopnm.log | tail -c 24 | od -An -tu1 -v -w3 | awk '{print $1}' | xargs
}

tiff 1 >1.tif
tiff 4 >4.tif
seen="orientation 1:     $(rows 1.tif)
orientation 1, -b: $(rows 1.tif -b)
orientation 4:     $(rows 4.tif)
orientation 4, -b: $(rows 4.tif -b)"
expected="orientation 1:     0 1 2 3 4 5 6 7
orientation 1, -b: 0 1 2 3 4 5 6 7
orientation 4:     7 6 5 4 3 2 1 0
orientation 4, -b: 1 0 3 2 5 4 7 6"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
