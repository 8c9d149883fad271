#!/bin/bash
# An edit of a JPEG XL's EXIF that is reported as made, and that decoders do not see.
#
# Guess, before it was run: JPEG XL has one EXIF afterwards, with the old tags and the new one, and a JPEG that is
# made of it has that, or at worst the old one.
# Seen, with libimage-exiftool-perl 12.57+dfsg-1 and libjxl-tools 0.7.0-10+deb12u1 (Debian 12): cjxl compresses a
# JPEG's EXIF ("brob"). ExifTool leaves that, adds an "Exif" box with the new tag alone and says "1 image files
# updated". From there on ExifTool knows the new tag only, and djxl the old one only.
#   EXIF boxes:  brob Exif
#   by ExifTool: software (none), artist Me
#   by djxl:     software Old, artist (none)
#   exiftool: "1 image files updated"
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
	printf '\xff\xd8\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x31\0\x02\0\0\0\x04Old\0\0\0\0\0'
	tail -c +3 plain.jpg
} >old.jpg
tool cjxl old.jpg picture.jxl 2>/dev/null
said=$(tool exiftool -overwrite_original -IFD0:Artist=Me picture.jxl | xargs)
tool djxl picture.jxl out.jpg 2>/dev/null
tag() {
	local value
	value=$(tool exiftool -s3 "-IFD0:$1" "$2")
	echo "${value:-(none)}"
}

seen="EXIF boxes:  $(tool jxlinfo -v picture.jxl | sed -n 's/^box: type: "\(brob\|Exif\)".*/\1/p' | xargs)
by ExifTool: software $(tag Software picture.jxl), artist $(tag Artist picture.jxl)
by djxl:     software $(tag Software out.jpg), artist $(tag Artist out.jpg)
exiftool: \"$said\""
expected='EXIF boxes:  brob Exif
by ExifTool: software (none), artist Me
by djxl:     software Old, artist (none)
exiftool: "1 image files updated"'

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
