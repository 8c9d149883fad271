#!/bin/bash
# A picture made upright is turned again by the next run of the same command.
#
# Guess, before it was run: an orientation in XMP alone is not heeded; if it is, then it is set to 1 when the pixels are
# turned, as the one in EXIF is. So a second run changes nothing.
# Seen, with ImageMagick 8:6.9.11.60+dfsg-1.6+deb12u15 (Debian 12): -auto-orient goes by tiff:Orientation in XMP where
# there is none in EXIF, and leaves it at 6. The second run turns by 90 degrees more, and the picture lies on its side.
#   in:     80x40
#   once:   40x80
#   twice:  80x40
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

unpack imagemagick-6.q16=8:6.9.11.60+dfsg-1.6+deb12u15 libmagickcore-6.q16-6=8:6.9.11.60+dfsg-1.6+deb12u15
export MAGICK_CONFIGURE_PATH=$work/system/etc/ImageMagick-6

tool convert-im6.q16 -size 80x40 xc:black plain.jpg
xmp='<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"><tiff:Orientation>6</tiff:Orientation>
</rdf:Description></rdf:RDF></x:xmpmeta>'
name=http://ns.adobe.com/xap/1.0/
length=$((2 + ${#name} + 1 + ${#xmp}))
{
	# shellcheck disable=SC2059 # the two bytes of the length become part of the format
	printf "\xff\xd8\xff\xe1\\x$(printf %x $((length >> 8)))\\x$(printf %x $((length & 255)))$name\0"
	printf %s "$xmp"
	tail -c +3 plain.jpg
} >turned.jpg
tool convert-im6.q16 turned.jpg -auto-orient once.jpg
tool convert-im6.q16 once.jpg -auto-orient twice.jpg

seen=$(for f in "in:     turned" "once:   once" "twice:  twice"; do
	echo "${f% *} $(tool identify-im6.q16 -format '%wx%h' "${f##* }.jpg")"
done)
expected="in:     80x40
once:   40x80
twice:  80x40"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
