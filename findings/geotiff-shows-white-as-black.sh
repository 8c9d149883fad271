#!/bin/bash
# White paper in a TIFF whose zeros are white is black in the RGB that is made of it, and gray when it has one bit.
#
# Guess, before it was run: 0 becomes 255, 255 becomes 0, and the one bit 0 and 255.
# Seen, with geotiff 3.0.5 from npm, readRGB(): samples are subtracted from 256, or multiplied by 256 / 2^bits, and what
# comes out is written into bytes: 256 becomes 0.
#   8 bits, zero is white, 0 50 255: 0 206 1
#   1 bit, zero is black, 1 0:       128 0
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund geotiff@3.0.5 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 18 or later, and npm to install geotiff@3.0.5" >&2
	exit 2
}

cat >try.mjs <<'END'
import { fromArrayBuffer } from 'geotiff';

// A TIFF of one row, of the byte order and with the tags given: [number, type 3 or 4, values...].
function tiff(big, strips, tags) {
	const put = (value, bytes) => {
		const b = Buffer.alloc(bytes);
		big ? b.writeUIntBE(value, 0, bytes) : b.writeUIntLE(value, 0, bytes);
		return b;
	};
	const data = Buffer.concat(strips);
	const offsets = strips.map((_, i) => 8 + strips.slice(0, i).reduce((sum, strip) => sum + strip.length, 0));
	const all = [...tags, [257, 3, 1], [273, 4, ...offsets], [278, 3, 1], [279, 4, ...strips.map((s) => s.length)]]
		.sort((a, b) => a[0] - b[0]);
	let behind = 8 + data.length + 2 + 12 * all.length + 4;
	const entries = [], far = [];
	for (const [tag, type, ...values] of all) {
		const size = type === 3 ? 2 : 4;
		let bytes = Buffer.concat(values.map((value) => put(value, size)));
		if (bytes.length > 4) {
			far.push(bytes);
			behind += bytes.length;
			bytes = put(behind - bytes.length, 4);
		}
		entries.push(put(tag, 2), put(type, 2), put(values.length, 4), bytes, Buffer.alloc(4 - bytes.length));
	}
	return Buffer.concat([Buffer.from(big ? 'MM' : 'II'), put(42, 2), put(8 + data.length, 4), data, put(all.length, 2),
		...entries, put(0, 4), ...far]);
}

async function red(file) {
	const image = await (await fromArrayBuffer(new Uint8Array(file).buffer)).getImage();
	return (await image.readRGB())[0];
}
const gray = (width, bits, meaning) => [[256, 3, width], [258, 3, bits], [262, 3, meaning], [277, 3, 1]];
const eight = tiff(false, [Buffer.from([0, 50, 255])], gray(3, 8, 0));
const one = tiff(false, [Buffer.from([0x80])], gray(2, 1, 1));
console.log('8 bits, zero is white, 0 50 255:', ...(await red(eight)));
console.log('1 bit, zero is black, 1 0:      ', ...(await red(one)));
END

seen=$(node try.mjs)
expected="8 bits, zero is white, 0 50 255: 0 206 1
1 bit, zero is black, 1 0:       128 0"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
