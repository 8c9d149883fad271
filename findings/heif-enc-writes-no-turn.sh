#!/bin/bash
# A JPEG that EXIF turns by 90 degrees becomes a HEIC that nothing turns.
#
# Guess, before it was run: heif-enc writes the property "irot" (or turns the pixels), since a reader of HEIF must go by
# that and not by EXIF. So libvips' thumbnail is upright, 40x80.
# Seen, with libheif-examples 1.15.1-1+deb12u1 (Debian 12): it copies the EXIF as it is and writes no "irot". libvips
# 8.14.1, which goes by the standard, leaves the picture lying on its side. The same package's heif-convert hides it, as
# that copies the EXIF back into a JPEG.
#   in: 80x40, orientation 6
#   irot in the HEIC: 0
#   thumbnail by libvips: 80x40
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

unpack libheif-examples=1.15.1-1+deb12u1 libheif1=1.15.1-1+deb12u1 libvips-tools=8.14.1-3+deb12u3 \
	libjpeg-turbo-progs=1:2.1.5-2

tool vips black black.ppm 80 40 --bands 3
tool cjpeg -outfile plain.jpg black.ppm
{
	printf '\xff\xd8\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
	tail -c +3 plain.jpg
} >turned.jpg
tool heif-enc turned.jpg -o turned.heic >/dev/null
tool vipsthumbnail turned.heic --size 80 -o small.png 2>/dev/null
field() { tool vipsheader -f "$1" small.png; }

seen="in: 80x40, orientation $(tool jpegexiforient turned.jpg)
irot in the HEIC: $(grep -c irot turned.heic)
thumbnail by libvips: $(field width)x$(field height)"
expected="in: 80x40, orientation 6
irot in the HEIC: 0
thumbnail by libvips: 80x40"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
