#!/bin/bash
# One picture, one command: bright as a WebP, dark as a JPEG.
#
# Guess, before it was run: samples of 64 in a PNG whose gAMA says linear light become brighter, 137, in formats that
# have no gamma, gray and RGB alike.
# Seen, with ImageMagick 8:6.9.11.60+dfsg-1.6+deb12u15 (Debian 12): a gray PNG becomes 137 as a WebP, and stays 64 as
# a JPEG, that says nothing of linear light. With three equal channels it becomes 137 as both.
#   gray PNG: JPEG 64, WebP 137
#   RGB PNG:  JPEG 137, WebP 137
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

unpack imagemagick-6.q16=8:6.9.11.60+dfsg-1.6+deb12u15 libmagickcore-6.q16-6=8:6.9.11.60+dfsg-1.6+deb12u15 \
	netpbm=2:11.01.00-2 libjpeg-turbo-progs=1:2.1.5-2 webp=1.2.4-0.2+deb12u1
export MAGICK_CONFIGURE_PATH=$work/system/etc/ImageMagick-6

# last: the last byte of what comes in
last() { tail -c 1 | od -An -tu1 | xargs; }

# shades NAME BYTES KIND
shades() {
	{
		printf '%s 16 16 255\n' "$3"
		head -c "$2" /dev/zero | tr '\0' '@'
	} >"$1.pnm"
	tool pnmtopng -quiet -force -gamma 1.0 "$1.pnm" >"$1.png"
	tool convert-im6.q16 "$1.png" "$1.jpg"
	tool convert-im6.q16 "$1.png" -define webp:lossless=true "$1.webp"
	echo "JPEG $(tool djpeg "$1.jpg" | last), WebP $(tool dwebp -quiet "$1.webp" -ppm -o - | last)"
}

seen="gray PNG: $(shades gray 256 P5)
RGB PNG:  $(shades rgb 768 P6)"
expected="gray PNG: JPEG 64, WebP 137
RGB PNG:  JPEG 137, WebP 137"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
