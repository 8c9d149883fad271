#!/bin/bash
# A TIFF with straight alpha becomes a WebP that is darker where it is transparent.
#
# Guess, before it was run: the colours of ExtraSamples 2 (straight alpha) are taken as they are, those of
# ExtraSamples 1 (associated) are divided by alpha. If one is wrong, then the latter.
# Seen, with webp 1.2.4-0.2+deb12u1 and libtiff6 4.5.0-6+deb12u4 (Debian 12): the former is. libtiff's RGBA reader
# hands out premultiplied colours for both; cwebp divides them only for ExtraSamples 1.
#   colour 64 32 100 alpha 128, ExtraSamples 2: 32 16 50 128
#   colour 64 32 100 alpha 128, ExtraSamples 1: 128 64 199 128
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

unpack webp=1.2.4-0.2+deb12u1 libwebp7=1.2.4-0.2+deb12u1 libtiff6=4.5.0-6+deb12u4

# word NUMBER: its 16 bits, the low ones first
word() { printf '%b' "\\x$(printf %02x $(($1 & 255)))\\x$(printf %02x $(($1 >> 8)))"; }

# entry TAG COUNT VALUE: of a directory, with 16 bits to each value
entry() {
	word "$1" && word 3
	word "$2" && word 0
	word "$3" && word 0
}

# tiff EXTRASAMPLES: one pixel; the directory is at 8, the four depths at 146, the pixel at 154
tiff() {
	printf 'II*\0\x08\0\0\0\x0b\0'
	entry 256 1 1
	entry 257 1 1
	entry 258 4 146
	entry 259 1 1
	entry 262 1 2
	entry 273 1 154
	entry 277 1 4
	entry 278 1 1
	entry 279 1 4
	entry 284 1 1
	entry 338 1 "$1"
	printf '\0\0\0\0\x08\0\x08\0\x08\0\x08\0\x40\x20\x64\x80'
}

seen=$(for extra in 2 1; do
	tiff $extra >in.tif
	tool cwebp -quiet -lossless -exact in.tif -o out.webp
	tool dwebp -quiet out.webp -pam -o out.pam
	echo "colour 64 32 100 alpha 128, ExtraSamples $extra: $(tail -c 4 out.pam | od -An -tu1 | xargs)"
done)
expected="colour 64 32 100 alpha 128, ExtraSamples 2: 32 16 50 128
colour 64 32 100 alpha 128, ExtraSamples 1: 128 64 199 128"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
