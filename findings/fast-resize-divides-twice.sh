#!/bin/bash
# A picture that is opaque in one part and transparent in another gets an edge brighter than either by a "fast" resize.
#
# Guess, before it was run: the colours are multiplied by alpha, made smaller and divided; or they are not, and what is
# behind transparent pixels darkens the edge. Resize() of the same package does the latter.
# Seen, with @napi-rs/image 1.15.0 from npm, fastResize(): as if they were multiplied twice and divided twice. Half an
# opaque pixel and half a transparent one have twice the colour, cut at 255, whatever the filter and the colour behind.
# Where alpha is the same all over, both cancel out, but for rounding to 8 bits in between.
#   200 64 32 255 beside 0 0 0 0:     255 128 64 128
#   200 64 32 255 beside 200 64 32 0: 255 128 64 128
#   100 50 25 128 all over:           100 52 28 128
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund @napi-rs/image@1.15.0 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 18 or later, and npm to install @napi-rs/image@1.15.0" >&2
	exit 2
}

cat >try.js <<'END'
const { Transformer } = require('@napi-rs/image');

// Columns of two pixels, by turns, made into half as many.
async function small(even, odd) {
	const side = 32, pixels = Buffer.alloc(4 * side * side);
	for (let i = 0; i < side * side; i++) pixels.set(i % 2 ? odd : even, 4 * i);
	const out = await Transformer.fromRgbaPixels(pixels, side, side)
		.fastResize({ width: side / 2, height: side / 2, filter: 0 }).rawPixels();
	return [...out.subarray(4 * 8 * 17, 4 * 8 * 17 + 4)].join(' ');
}
(async () => {
	console.log('200 64 32 255 beside 0 0 0 0:    ', await small([0, 0, 0, 0], [200, 64, 32, 255]));
	console.log('200 64 32 255 beside 200 64 32 0:', await small([200, 64, 32, 0], [200, 64, 32, 255]));
	console.log('100 50 25 128 all over:          ', await small([100, 50, 25, 128], [100, 50, 25, 128]));
})();
END

seen=$(node try.js)
expected="200 64 32 255 beside 0 0 0 0:     255 128 64 128
200 64 32 255 beside 200 64 32 0: 255 128 64 128
100 50 25 128 all over:           100 52 28 128"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
