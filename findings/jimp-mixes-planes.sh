#!/bin/bash
# A TIFF that stores red, green and blue one behind the other is read as a row of coloured dots that ends in black.
#
# Guess, before it was run: the planes are put together, or the file is refused as not supported.
# Seen, with jimp 1.6.1 from npm: the first strip's samples are taken by threes for pixels, and two thirds of the
# picture stay black. No error. Four gray pixels 10 20 30 40 show it:
#   interleaved: 10,10,10 20,20,20 30,30,30 40,40,40
#   planes:      10,20,30 40,0,0 0,0,0 0,0,0
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

const tags = [[256, 3, 4], [258, 3, 8, 8, 8], [259, 3, 1], [262, 3, 2], [277, 3, 3]];
const row = [10, 20, 30, 40];
async function show(name, file) {
	const { data } = (await Jimp.read(file)).bitmap;
	console.log(name, ...row.map((_, i) => data.subarray(4 * i, 4 * i + 3).join(',')));
}
(async () => {
	await show('interleaved:', tiff(false, [Buffer.from(row.flatMap((v) => [v, v, v]))], tags));
	await show('planes:     ', tiff(false, row.slice(1).map(() => Buffer.from(row)), [...tags, [284, 3, 2]]));
})();
END

seen=$(node try.js)
expected="interleaved: 10,10,10 20,20,20 30,30,30 40,40,40
planes:      10,20,30 40,0,0 0,0,0 0,0,0"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
