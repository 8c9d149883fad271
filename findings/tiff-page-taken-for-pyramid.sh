#!/bin/bash
# A TIFF of two different pages, the second of half the size: the thumbnail shows the second.
#
# Guess, before it was run: red, the first page. Neither page is marked as a reduced one (NewSubfileType).
# Seen, with libvips-tools 8.14.1-3+deb12u3 (Debian 12): blue. vipsthumbnail takes pages whose sides halve from one to
# the next for a pyramid, whatever they show, and reads the smallest that is large enough.
#   page 0 by vips: 255 0 0
#   vipsthumbnail:  0 0 255
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

unpack libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3 libtiff-tools=4.5.0-6+deb12u4 libtiff6=4.5.0-6+deb12u4

# plain WIDTH HEIGHT COLOUR FILE
plain() { tool vips black "$4.v" "$1" "$2" && tool vips linear "$4.v" "$4" 0 "$3" --uchar; }
plain 800 600 "255 0 0" red.tif
plain 400 300 "0 0 255" blue.tif
tool tiffcp red.tif blue.tif both.tif
tool vipsthumbnail both.tif --size 200 -o small.png
if tool tiffinfo both.tif | grep -q 'reduced-resolution'; then
	echo "cannot be tried: a page is marked as reduced" >&2
	exit 2
fi

seen="page 0 by vips: $(tool vips getpoint both.tif 100 75 | xargs)
vipsthumbnail:  $(tool vips getpoint small.png 100 75 | xargs)"
expected="page 0 by vips: 255 0 0
vipsthumbnail:  0 0 255"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
