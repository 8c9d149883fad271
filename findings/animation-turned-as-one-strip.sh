#!/bin/bash
# An animation whose EXIF turns it comes out with fewer frames, each made of parts of several.
#
# Guess, before it was run: every frame is turned by itself; or the orientation is left alone, or refused.
# Seen, with libvips-tools 8.14.1-3+deb12u3 (Debian 12): three frames of 80x40 lie one below the other as a strip of
# 80x120, that is turned to 120x80 and cut again every 40 rows. Exit code 0, no message; the last delay is gone.
#   in:  80x40, 3 frames
#   out: 120x40, 2 frames
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

unpack libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3 webp=1.2.4-0.2+deb12u1

tool vips grey ramp.v 80 40
for white in 50 150 250; do tool vips linear ramp.v "$white.png" "$white" 0 --uchar; done
tool img2webp -lossless -d 100 50.png -d 200 150.png -d 900 250.png -o plain.webp 2>/dev/null
printf 'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0' >exif
tool webpmux -set exif exif plain.webp -o turned.webp 2>/dev/null
tool vips autorot 'turned.webp[n=-1]' out.webp
field() { tool vipsheader -f "$1" "$2[n=-1]"; }
describe() { echo "$(field width "$1")x$(field page-height "$1"), $(field n-pages "$1") frames"; }

seen="in:  $(describe plain.webp)
out: $(describe out.webp)"
expected="in:  80x40, 3 frames
out: 120x40, 2 frames"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
