#!/bin/bash
# A pattern of fine lines is brighter after it was shrunk by Jimp's "better" filters.
#
# Guess, before it was run: whatever the filter, the mean stays, 85 for lines of which each third is white, within 1.
# Seen, with jimp 1.6.1 from npm: bicubic (and, less, bezier and hermite) makes 99 of it. It interpolates first, up to a
# multiple of the size that is wanted, and cuts the curve off below 0 and above 255 before it takes the mean. Beside lone
# white lines it only goes below 0. The plain default has 86.
#   default: 86
#   bicubicInterpolation: 99
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund jimp@1.6.1 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 18 or later, and npm to install jimp@1.6.1" >&2
	exit 2
}

cat >try.js <<'END'
const { Jimp } = require('jimp');

for (const mode of [undefined, 'bicubicInterpolation']) {
	const image = new Jimp({ width: 256, height: 16 });
	for (let i = 0; i < 256 * 16; i++) {
		const value = (i % 256) % 3 ? 0 : 255;
		image.bitmap.data.set([value, value, value, 255], 4 * i);
	}
	image.resize({ w: 64, h: 4, ...(mode && { mode }) });
	const { data } = image.bitmap;
	let sum = 0;
	for (let i = 0; i < 64 * 4; i++) sum += data[4 * i];
	console.log(`${mode || 'default'}: ${Math.round(sum / 64 / 4)}`);
}
END

seen=$(node try.js)
expected="default: 86
bicubicInterpolation: 99"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
