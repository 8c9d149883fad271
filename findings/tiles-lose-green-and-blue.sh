#!/bin/bash
# A TIFF that is stored in tiles comes out without green and blue, and a gray one brighter from tile to tile.
#
# Guess, before it was run: what is in strips and what is in tiles is the same picture, or tiles are refused.
# Seen, with tiff 7.1.3 (which image-js reads TIFF by) and sharp 0.35.5 from npm: of a tile in colour one sample a pixel
# is read and written, and of what was stored as differences (predictor 2, sharp's default) those of the second tile are
# added to the end of the first. No error. sharp reads its own files rightly.
#   RGB in strips: 200 100 50, 200 100 50; by sharp 200 100 50, 200 100 50
#   RGB in tiles: 200 0 0, 200 0 0; by sharp 200 100 50, 200 100 50
#   gray, differences in strips: 100, 100; by sharp 100, 100
#   gray, differences in tiles: 100, 200; by sharp 100, 100
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund sharp@0.35.5 tiff@7.1.3 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 20.15 or later, and npm to install sharp@0.35.5 tiff@7.1.3" >&2
	exit 2
}

cat >try.mjs <<'END'
import sharp from 'sharp';
import { decode } from 'tiff';

// 32x16 pixels of one colour: what is read on the left, and in the middle, where the second tile begins.
async function look(name, colour, options) {
	const channels = colour.length, width = 32, height = 16;
	const pixels = Buffer.alloc(channels * width * height).map((_, i) => colour[i % channels]);
	const file = await sharp(pixels, { raw: { width, height, channels } })
		.toColourspace(channels === 1 ? 'b-w' : 'srgb')
		.tiff({ compression: 'deflate', tileWidth: 16, tileHeight: 16, ...options }).toBuffer();
	const show = (data) => [0, 16].map((x) => [...data.subarray(channels * x, channels * (x + 1))].join(' ')).join(', ');
	const read = sharp(file).toColourspace(channels === 1 ? 'b-w' : 'srgb').raw().toBuffer();
	console.log(`${name}: ${show(decode(file)[0].data)}; by sharp ${show(await read)}`);
}
await look('RGB in strips', [200, 100, 50], { tile: false, predictor: 'none' });
await look('RGB in tiles', [200, 100, 50], { tile: true, predictor: 'none' });
await look('gray, differences in strips', [100], { tile: false, predictor: 'horizontal' });
await look('gray, differences in tiles', [100], { tile: true, predictor: 'horizontal' });
END

seen=$(node try.mjs)
expected="RGB in strips: 200 100 50, 200 100 50; by sharp 200 100 50, 200 100 50
RGB in tiles: 200 0 0, 200 0 0; by sharp 200 100 50, 200 100 50
gray, differences in strips: 100, 100; by sharp 100, 100
gray, differences in tiles: 100, 200; by sharp 100, 100"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
