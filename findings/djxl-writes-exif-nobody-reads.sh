#!/bin/bash
# A JPEG's EXIF survives JPEG XL as far as a PNG, where the usual reader makes nothing of it.
#
# Guess, before it was run: the EXIF is where readers of PNG find it, or the PNG has none.
# Seen, with libjxl-tools 0.7.0-10+deb12u1 (Debian 12): djxl writes a text "Raw profile type exif" that begins with
# the four bytes of offset that a JPEG XL box has in front of EXIF, and not with "Exif" and two zeros. ExifTool 12.57
# finds no tag in it. The JPEG that djxl makes of the same file has them all.
#   artist in the JPEG: Me
#   artist in the PNG:  (none)
#   warning: Unknown raw profile 'exif'
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

unpack libjxl-tools=0.7.0-10+deb12u1 libjxl0.7=0.7.0-10+deb12u1 libimage-exiftool-perl=12.57+dfsg-1 \
	libjpeg-turbo-progs=1:2.1.5-2
PERL5LIB=$(printf '%s:' system/usr/share/perl5 system/usr/share/perl/5.* system/usr/lib/*/perl/5.* system/usr/lib/*/perl-base)
export PERL5LIB

{
	printf 'P6 80 40 255\n'
	head -c 9600 /dev/zero
} >black.ppm
tool cjpeg -outfile plain.jpg black.ppm
{
	printf '\xff\xd8\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x3b\0\x02\0\0\0\x03Me\0\0\0\0\0\0'
	tail -c +3 plain.jpg
} >signed.jpg
tool cjxl signed.jpg signed.jxl 2>/dev/null
tool djxl signed.jxl out.png 2>/dev/null
tool djxl signed.jxl out.jpg 2>/dev/null
tag() { tool exiftool -s3 "-$1" "$2" 2>/dev/null; }

png=$(tag Artist out.png)
seen="artist in the JPEG: $(tag Artist out.jpg)
artist in the PNG:  ${png:-(none)}
warning: $(tag Warning out.png)"
expected="artist in the JPEG: Me
artist in the PNG:  (none)
warning: Unknown raw profile 'exif'"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
