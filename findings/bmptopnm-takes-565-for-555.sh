#!/bin/bash
# A BMP of 16 bits a pixel, 5 of red, 6 of green and 5 of blue as its masks say, comes out in other colours.
#
# Guess, before it was run: bmptopnm heeds the masks of BI_BITFIELDS, or refuses what it does not know.
# Seen, with netpbm 2:11.01.00-2 (Debian 12): it takes every picture of 16 bits for one of 5, 5 and 5. Gray turns
# green, with no message. GraphicsMagick 1.4+really1.3.40-4+deb12u1 reads the same file by its masks.
#   bmptopnm:       0 255 123
#   GraphicsMagick: 127 123 119
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

unpack netpbm=2:11.01.00-2 graphicsmagick=1.4+really1.3.40-4+deb12u1
export MAGICK_CONFIGURE_PATH=$work/system/etc/GraphicsMagick

# 4x4 pixels of 16 31 15 of 31 63 31: a header of 40 bytes, the three masks, the pixels at 66
perl -e '
	my $pixels = pack("v", 16 << 11 | 31 << 5 | 15) x 16;
	my $info = pack("VVVvvVVVVVV", 40, 4, 4, 1, 16, 3, length $pixels, 2835, 2835, 0, 0);
	print "BM", pack("VVV", 66 + length $pixels, 0, 66), $info, pack("VVV", 0xf800, 0x7e0, 0x1f), $pixels;' >in.bmp
tool bmptopnm -quiet in.bmp | tool pamdepth -quiet 255 >netpbm.ppm
tool gm convert in.bmp gm.ppm
last() { tail -c 3 "$1" | od -An -tu1 | xargs; }

seen="bmptopnm:       $(last netpbm.ppm)
GraphicsMagick: $(last gm.ppm)"
expected="bmptopnm:       0 255 123
GraphicsMagick: 127 123 119"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
