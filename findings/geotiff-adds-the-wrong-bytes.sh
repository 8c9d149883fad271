#!/bin/bash
# A TIFF of 16 bits comes back with other values if it is big-endian and its rows are stored as differences.
#
# Guess, before it was run: the samples as they were put in, in either byte order.
# Seen, with geotiff 3.0.5 from npm: the differences of predictor 2 are added up in the machine's byte order, before
# the bytes of a big-endian file are turned. Carries go the wrong way. No error, no message.
#   little-endian: 0 255 4100 61499
#   big-endian:    0 255 3844 61243
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
import { deflateSync } from 'node:zlib';

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

const samples = [0, 255, 4100, 61499];
for (const big of [false, true]) {
	const row = Buffer.alloc(8);
	samples.forEach((sample, i) => {
		const difference = (sample - (i ? samples[i - 1] : 0)) & 65535;
		big ? row.writeUInt16BE(difference, 2 * i) : row.writeUInt16LE(difference, 2 * i);
	});
	const tags = [[256, 3, 4], [258, 3, 16], [259, 3, 8], [262, 3, 1], [277, 3, 1], [317, 3, 2]];
	const file = tiff(big, [deflateSync(row)], tags);
	const image = await (await fromArrayBuffer(new Uint8Array(file).buffer)).getImage();
	console.log(big ? 'big-endian:   ' : 'little-endian:', ...(await image.readRasters({ interleave: true })));
}
END

seen=$(node try.mjs)
expected="little-endian: 0 255 4100 61499
big-endian:    0 255 3844 61243"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
