#!/bin/bash
# What avifenc was told to cut off is in the picture again when avifdec has read it, and the turn is gone.
#
# Guess, before it was run: avifdec cuts and turns the pixels, as every browser does; or, for a JPEG, says the turn in
# EXIF again.
# Seen, with libavif-bin 0.11.1-1+deb12u1 (Debian 12): it prints the crop and the rotation by --info, and does neither
# when it writes. The pixels outside the crop are all there; a JPEG whose EXIF turns it comes back as PNG or JPEG of the
# unturned size without EXIF, though the AVIF has both the rotation and that EXIF. Exit code 0, no message.
#   crop:  64x64 source, --crop 0,0,40,40 -> 64x64, every pixel as in the source
#   turn:  80x40 JPEG, orientation 6      -> 80x40, no orientation
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

unpack libavif-bin=0.11.1-1+deb12u1 libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3

size_of() { echo "$(tool vipsheader -f width "$1")x$(tool vipsheader -f height "$1")"; }

tool vips identity table.v
tool vips resize table.v ramp.v 0.25 --vscale 64
tool vips bandjoin "ramp.v ramp.v ramp.v" ramp.png
tool avifenc --lossless --crop 0,0,40,40 ramp.png cropped.avif >/dev/null
tool avifdec cropped.avif cropped.png >/dev/null
tool vips subtract ramp.png cropped.png difference.v
crop="$(size_of ramp.png) -> $(size_of cropped.png), differs by $(tool vips max difference.v)"

tool vips black upright.v 80 40 --bands 3
tool vips copy upright.v "turned.jpg[strip]"
# EXIF of one tag, orientation 6, behind the start of the JPEG
{
	head -c 2 turned.jpg
	printf '\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
	tail -c +3 turned.jpg
} >exif.jpg
tool avifenc exif.jpg turned.avif >/dev/null
info=$(tool avifdec --info turned.avif)
for kind in jpg png; do tool avifdec turned.avif "back.$kind" >/dev/null; done
turn="$(size_of back.jpg) $(size_of back.png), $(tool vipsheader -f orientation back.jpg 2>/dev/null || echo none)"

echo "crop: $crop"
echo "turn: $turn"
grep -q 'irot' <<<"$info" || exit 1
[[ $crop == "64x64 -> 64x64, differs by 0"* && $turn == "80x40 80x40, none" ]]
