#!/bin/bash
# A picture's orientation is read as 6 from a JPEG, and as 8 from the AVIF that was made of it: upside down.
#
# Guess, before it was run: 6 of both. "irot" counts quarter turns against the clock, 6 is one with it, so avifenc
# writes 3, and a reader makes 6 of 3.
# Seen, with probe-image-size 7.5.0 from npm and libavif-bin 0.11.1-1+deb12u1 (Debian 12): avifenc does write 3, and
# libvips 8.14.1 shows both upright, red above blue. The reader turns the other way, though the EXIF beside it says 6.
#   JPEG: orientation 6, at the top by libvips: red
#   AVIF: orientation 8, at the top by libvips: red
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

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund probe-image-size@7.5.0 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 18 or later, and npm to install probe-image-size@7.5.0" >&2
	exit 2
}

unpack libavif-bin=0.11.1-1+deb12u1 libvips-tools=8.14.1-3+deb12u3 libvips42=8.14.1-3+deb12u3 \
	libheif1=1.15.1-1+deb12u1 libjpeg-turbo-progs=1:2.1.5-2

{
	printf 'P6 64 32 255\n'
	for ((row = 0; row < 32; row++)); do
		printf '\xc8\0\0%.0s' {1..32}
		printf '\0\0\xc8%.0s' {1..32}
	done
} >in.ppm
tool cjpeg -quality 95 -outfile plain.jpg in.ppm
{
	printf '\xff\xd8\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
	tail -c +3 plain.jpg
} >in.jpg
tool avifenc in.jpg in.avif >/dev/null
cat >try.js <<'END'
const fs = require('fs');
console.log(require('probe-image-size').sync(fs.readFileSync(process.argv[2])).orientation);
END
top() {
	tool vips autorot "$1" out.png 2>/dev/null
	tool vips getpoint out.png 16 4 | awk '{ print ($1 > $3 ? "red" : "blue") }'
}

seen="JPEG: orientation $(node try.js in.jpg), at the top by libvips: $(top in.jpg)
AVIF: orientation $(node try.js in.avif), at the top by libvips: $(top in.avif)"
expected="JPEG: orientation 6, at the top by libvips: red
AVIF: orientation 8, at the top by libvips: red"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
