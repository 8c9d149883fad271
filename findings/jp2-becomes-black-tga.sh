#!/bin/bash
# A JPEG 2000 of 16 bits becomes a TGA that is black, and one of 12 bits one that is almost black.
#
# Guess, before it was run: TGA has 8 bits, so the samples are scaled or rounded to these, as for BMP.
# Seen, with libopenjp2-tools 2.5.0-2+deb12u3 (Debian 12): what has more than 8 bits is cut at 255 and then scaled from
# its depth to 8 bits: of 12 bits 0 to 15 are left, of 16 bits 0. Exit code 0, no message. A BMP of the file is right.
#   samples:         0 1/3 2/3 1
#   8 bits, as TGA:  0 85 170 255
#   12 bits, as BMP: 0 85 171 255
#   12 bits, as TGA: 0 15 15 15
#   16 bits, as TGA: 0 0 0 0
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

unpack libopenjp2-tools=2.5.0-2+deb12u3 libopenjp2-7=2.5.0-2+deb12u3

# Four columns of 16 pixels each: a TGA has 18 bytes in front of the samples, a BMP of gray 1078.
for bits in 8 12 16; do
	most=$(((1 << bits) - 1))
	row=
	for ((x = 0; x < 64; x++)); do
		printf -v sample '\\x%02x\\x%02x' $((most * (x / 16) / 3 >> 8)) $((most * (x / 16) / 3 & 255))
		[ "$bits" -gt 8 ] || sample=${sample:4}
		row+=$sample
	done
	{
		printf 'P5\n64 64\n%d\n' "$most"
		for ((y = 0; y < 64; y++)); do printf '%b' "$row"; done
	} >"$bits.pgm"
	tool opj_compress -i "$bits.pgm" -o "$bits.jp2" >/dev/null
	tool opj_decompress -i "$bits.jp2" -o "$bits.tga" >/dev/null
	tool opj_decompress -i "$bits.jp2" -o "$bits.bmp" >/dev/null
done
samples() { # file, bytes in front, bytes of a pixel
	for x in 0 16 32 48; do od -An -tu1 -j $(($2 + $3 * x)) -N 1 "$1"; done | xargs
}

seen="samples:         0 1/3 2/3 1
8 bits, as TGA:  $(samples 8.tga 18 3)
12 bits, as BMP: $(samples 12.bmp 1078 1)
12 bits, as TGA: $(samples 12.tga 18 3)
16 bits, as TGA: $(samples 16.tga 18 3)"
expected="samples:         0 1/3 2/3 1
8 bits, as TGA:  0 85 170 255
12 bits, as BMP: 0 85 171 255
12 bits, as TGA: 0 15 15 15
16 bits, as TGA: 0 0 0 0"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
