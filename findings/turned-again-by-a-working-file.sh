#!/bin/bash
# A picture that was turned when it was read is turned again when it comes back from libvips' own format.
#
# Guess, before it was run: the working file (.v) is the picture as it was in memory: upright, and autorot leaves it.
# Seen, with libvips42 8.14.1-3+deb12u3 (Debian 12): reading an AVIF turns it by its "irot" and drops "orientation". The
# block of EXIF goes into the .v as it was, and reading that makes "orientation" of it anew: 6. By way of a JPEG it
# does not happen, as the block is written anew there.
#   AVIF, autorot: 40x80
#   .v of it, autorot: 80x40
#   JPEG of it, autorot: 40x80
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

unpack libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3 libheif1=1.15.1-1+deb12u1 \
	libavif-bin=0.11.1-1+deb12u1 libjpeg-turbo-progs=1:2.1.5-2

tool vips black black.ppm 80 40 --bands 3
tool cjpeg -outfile plain.jpg black.ppm
{
	printf '\xff\xd8\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
	tail -c +3 plain.jpg
} >turned.jpg
tool avifenc turned.jpg in.avif >/dev/null
tool vips copy in.avif in.v 2>/dev/null
tool vips copy in.avif in.jpg 2>/dev/null
upright() {
	tool vips autorot "$1" out.png 2>/dev/null
	echo "$(tool vipsheader -f width out.png)x$(tool vipsheader -f height out.png)"
}

seen="AVIF, autorot: $(upright in.avif)
.v of it, autorot: $(upright in.v)
JPEG of it, autorot: $(upright in.jpg)"
expected="AVIF, autorot: 40x80
.v of it, autorot: 80x40
JPEG of it, autorot: 40x80"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
