#!/bin/bash
# A TIFF whose colours are stored as brightness and two differences (YCbCr) has other colours: red becomes blue.
#
# Guess, before it was run: converted to RGB, or refused, as a kind that is seldom met.
# Seen, with sharp 0.35.5 from npm (libvips 8.18.7): converted where four pixels share the differences (and in a JPEG
# within a TIFF). Where each has its own, the numbers are taken for red, green and blue. No message. GraphicsMagick
# 1.4+really1.3.40-4+deb12u1 (Debian 12) converts them.
#   stored: 81 90 240
#   sharp, 2x2 pixels with one pair of differences: 238 14 14
#   sharp, each with a pair of its own: 81 90 240
#   GraphicsMagick, each with a pair of its own: 238 14 14
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

unpack graphicsmagick=1.4+really1.3.40-4+deb12u1 libgraphicsmagick-q16-3=1.4+really1.3.40-4+deb12u1
npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund sharp@0.35.5 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 20.9 or later, and npm to install sharp@0.35.5" >&2
	exit 2
}

cat >try.mjs <<'END'
import { writeFileSync } from 'node:fs';
import sharp from 'sharp';

// 2x2 pixels, uncompressed. Behind the directory of ten entries the three numbers of bits, and the pixels.
function tiff(subsampling, pixels) {
	const short = 3, behind = 8 + 2 + 10 * 12 + 4;
	const file = Buffer.alloc(behind + 6 + pixels.length);
	file.write('II*\0\x08\0\0\0', 'latin1');
	file.writeUInt16LE(10, 8);
	[[256, 1, 2], [257, 1, 2], [258, 3, behind], [259, 1, 1], [262, 1, 6], [273, 1, behind + 6], [277, 1, 3],
		[278, 1, 2], [279, 1, pixels.length], [530, 2, subsampling * 0x10001]].forEach(([tag, count, value], i) => {
		const at = 10 + 12 * i;
		file.writeUInt16LE(tag, at);
		file.writeUInt16LE(short, at + 2);
		file.writeUInt32LE(count, at + 4);
		file.writeUInt32LE(value, at + 8);
	});
	file.set([8, 0, 8, 0, 8, 0, ...pixels], behind);
	return file;
}
const pixel = [81, 90, 240], whole = tiff(1, [...pixel, ...pixel, ...pixel, ...pixel]);
const look = async (file) => [...(await sharp(file).raw().toBuffer()).subarray(0, 3)].join(' ');
writeFileSync('whole.tif', whole);
console.log('stored:', ...pixel);
console.log('sharp, 2x2 pixels with one pair of differences:', await look(tiff(2, [81, 81, 81, ...pixel])));
console.log('sharp, each with a pair of its own:', await look(whole));
END

seen="$(node try.mjs)
GraphicsMagick, each with a pair of its own: $(tool gm convert whole.tif -depth 8 rgb:- | od -An -tu1 -N 3 | xargs)"
expected="stored: 81 90 240
sharp, 2x2 pixels with one pair of differences: 238 14 14
sharp, each with a pair of its own: 81 90 240
GraphicsMagick, each with a pair of its own: 238 14 14"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
