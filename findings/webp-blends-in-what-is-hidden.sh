#!/bin/bash
# A product cut out of its background gets a dark edge when its lossy WebP is decoded at a smaller size.
#
# Guess, before it was run: libwebp multiplies the colours by alpha before it makes them smaller, and divides them
# afterwards; so the edge is of the colour of the middle, in a lossy WebP and in one without loss.
# Seen, with webp 1.2.4-0.2+deb12u1 and libvips-tools 8.14.1-3+deb12u3 (Debian 12): only in the one without loss. Of
# the lossy one dwebp -scale blends what is behind transparent pixels, here black, into the edge. So does vipsthumbnail,
# that has libwebp shrink what it decodes. Shrunk by libvips afterwards, the edge has the right colour.
#   in:                       200 64 32, alpha 0 or 255
#   without loss, dwebp:      199 64 32 128
#   lossy, dwebp:             101 33 17 128
#   lossy, vipsthumbnail:     85 27 15 108
#   lossy, shrunk afterwards: 196 65 36 113
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

unpack webp=1.2.4-0.2+deb12u1 libwebp7=1.2.4-0.2+deb12u1 libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3

# Stripes of 16 columns, opaque and transparent, the first of 12: an edge is in the middle of eight that become one.
{
	printf 'P7\nWIDTH 512\nHEIGHT 64\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n'
	for ((stripe = 0; stripe < 64 * 16; stripe++)); do
		printf '\0\0\0\0%.0s' {1..12}
		printf '\xc8\x40\x20\xff%.0s' {1..16}
		printf '\0\0\0\0%.0s' {1..4}
	done
} >in.pam
tool cwebp -quiet -exact -q 95 in.pam -o lossy.webp
tool cwebp -quiet -exact -lossless in.pam -o lossless.webp
tool dwebp -quiet -scale 64 8 lossless.webp -o lossless-dwebp.png
tool dwebp -quiet -scale 64 8 lossy.webp -o lossy-dwebp.png
tool vipsthumbnail lossy.webp -s 30 -o lossy-vips.png
tool vips copy lossy.webp whole.png
tool vipsthumbnail whole.png -s 30 -o lossy-whole.png
edge() { tool vips getpoint "$1.png" "$2" 1 | xargs; }

seen="in:                       200 64 32, alpha 0 or 255
without loss, dwebp:      $(edge lossless-dwebp 1)
lossy, dwebp:             $(edge lossy-dwebp 1)
lossy, vipsthumbnail:     $(edge lossy-vips 2)
lossy, shrunk afterwards: $(edge lossy-whole 2)"
expected="in:                       200 64 32, alpha 0 or 255
without loss, dwebp:      199 64 32 128
lossy, dwebp:             101 33 17 128
lossy, vipsthumbnail:     85 27 15 108
lossy, shrunk afterwards: 196 65 36 113"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
