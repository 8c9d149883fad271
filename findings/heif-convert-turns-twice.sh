#!/bin/bash
# An AVIF with "irot" and EXIF becomes a JPEG that viewers turn a second time.
#
# Guess, before it was run: upright once. heif-convert turns the pixels and sets the EXIF's orientation to 1, or does
# neither.
# Seen, with libheif-examples 1.15.1-1+deb12u1 and libavif-bin 0.11.1-1+deb12u1 (Debian 12): avifenc makes "irot" of the
# JPEG's orientation 6 and keeps the EXIF, both rightly. heif-convert turns the pixels and copies the EXIF with its 6.
#   in:  80x40, orientation 6
#   out: 40x80, orientation 6
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

unpack libheif-examples=1.15.1-1+deb12u1 libheif1=1.15.1-1+deb12u1 libavif-bin=0.11.1-1+deb12u1 \
	libjpeg-turbo-progs=1:2.1.5-2 libvips-tools=8.14.1-3+deb12u3

{
	printf 'P6 80 40 255\n'
	head -c 9600 /dev/zero
} >black.ppm
tool cjpeg -outfile plain.jpg black.ppm
{
	printf '\xff\xd8\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
	tail -c +3 plain.jpg
} >turned.jpg
tool avifenc turned.jpg turned.avif >/dev/null
tool heif-convert turned.avif out.jpg >/dev/null
field() { tool vipsheader -f "$1" "$2"; }
describe() { echo "$(field width "$1")x$(field height "$1"), orientation $(field orientation "$1")"; }

seen="in:  $(describe turned.jpg)
out: $(describe out.jpg)"
expected="in:  80x40, orientation 6
out: 40x80, orientation 6"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
