#!/bin/bash
# An AVIF of 80x40 of which 40x40 are to be shown is said to be 79 pixels wide.
#
# Guess, before it was run: 40x40, as browsers and libheif show it; or 80x40, if the crop ("clap") is not heeded.
# Seen, with image-size 2.1.0 from npm and libavif-bin 0.11.1-1+deb12u1 (Debian 12): it heeds the box, and takes the
# denominator of its first fraction, 40/1, for a number of columns that are cut off. The height is left alone.
#   --crop 0,0,40,40: 79x40
#   --crop 0,0,10,10: 79x40
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

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund image-size@2.1.0 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 18 or later, and npm to install image-size@2.1.0" >&2
	exit 2
}

unpack libavif-bin=0.11.1-1+deb12u1

cat >try.js <<'END'
const fs = require('fs');
const { imageSize } = require('image-size');
const { width, height } = imageSize(fs.readFileSync(process.argv[2]));
console.log(`${width}x${height}`);
END
cut() {
	tool avifenc --crop "$1" in.y4m out.avif >/dev/null
	echo "--crop $1: $(node try.js out.avif)"
}
{
	printf 'YUV4MPEG2 W80 H40 F25:1 C444\nFRAME\n'
	head -c 9600 /dev/zero
} >in.y4m

seen="$(cut 0,0,40,40)
$(cut 0,0,10,10)"
expected="--crop 0,0,40,40: 79x40
--crop 0,0,10,10: 79x40"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
