#!/bin/bash
# A PNG of 16 bits becomes a PNG of other values when nothing is done to it.
#
# Guess, before it was run: 40000 of 65535 comes out as 40000.
# Seen, with exactimage 1.0.2-11+b2 (Debian 12): the two bytes of each sample come out in the other order, 9c40 as 409c,
# with no message. Those of a PGM become a right PNG, so it is the reader of PNG that takes them so.
#   in:                   40000
#   PNG to PNG:           16540
#   PNG to PNG, half:     16540
#   PGM to PNG:           40000
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

unpack exactimage=1.0.2-11+b2 netpbm=2:11.01.00-2 libvips-tools=8.14.1-3+deb12u3

perl -e 'print "P5\n64 64\n65535\n", pack("n", 40000) x 4096' >in.pgm
tool pamtopng in.pgm >in.png
sample() { tool vips getpoint "$1" 8 8 | xargs; }
tool econvert -i in.png -o out.png
tool econvert -i in.png --scale 0.5 -o half.png
tool econvert -i in.pgm -o of-pgm.png

seen="in:                   $(sample in.png)
PNG to PNG:           $(sample out.png)
PNG to PNG, half:     $(sample half.png)
PGM to PNG:           $(sample of-pgm.png)"
expected="in:                   40000
PNG to PNG:           16540
PNG to PNG, half:     16540
PGM to PNG:           40000"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
