#!/bin/bash
# An OpenEXR whose data window does not begin at 0 loses its last rows, and gets black ones on top.
#
# Guess, before it was run: the pixels of the data window, or those in their place within the display window.
# Seen, with hdrify 1.2.1 from npm: the picture has the data window's sides, and each row is put at the number that the
# file gives it, which counts from the display window. Half of a window of 2x2 at 1,1 is gone. parse-exr 1.0.2 has it.
#   window at 0,0: hdrify 1 2 3 4, parse-exr 1 2 3 4
#   window at 1,1: hdrify 0 0 1 2, parse-exr 1 2 3 4
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund hdrify@1.2.1 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 18 or later, and npm to install hdrify@1.2.1" >&2
	exit 2
}

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund parse-exr@1.0.2 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 18 or later, and npm to install parse-exr@1.0.2" >&2
	exit 2
}

cat >try.mjs <<'END'
import { readExr } from 'hdrify';
import parseExr from 'parse-exr';

const numbers = (...values) => Buffer.from(Int32Array.from(values).buffer);
const attribute = (name, type, value) =>
	Buffer.concat([Buffer.from(`${name}\0${type}\0`), numbers(value.length), value]);

// Floats in two rows of two pixels, uncompressed: red 1 2, 3 4. The data window begins at x and y.
function exr(x, y) {
	const channel = (name) => Buffer.concat([Buffer.from(`${name}\0`), numbers(2, 0, 1, 1)]);
	const head = Buffer.concat([numbers(20000630, 2),
		attribute('channels', 'chlist', Buffer.concat([...['B', 'G', 'R'].map(channel), Buffer.from([0])])),
		attribute('compression', 'compression', Buffer.from([0])),
		attribute('dataWindow', 'box2i', numbers(x, y, x + 1, y + 1)),
		attribute('displayWindow', 'box2i', numbers(0, 0, 3, 3)),
		attribute('lineOrder', 'lineOrder', Buffer.from([0])),
		attribute('pixelAspectRatio', 'float', Buffer.from(Float32Array.of(1).buffer)),
		attribute('screenWindowCenter', 'v2f', Buffer.alloc(8)),
		attribute('screenWindowWidth', 'float', Buffer.from(Float32Array.of(1).buffer)), Buffer.from([0])]);
	const row = (i) => Buffer.concat([numbers(y + i, 24),
		Buffer.from(Float32Array.of(0, 0, 0, 0, 1 + 2 * i, 2 + 2 * i).buffer)]);
	const offsets = Buffer.alloc(16);
	offsets.writeUInt32LE(head.length + 16, 0);
	offsets.writeUInt32LE(head.length + 48, 8);
	return new Uint8Array(Buffer.concat([head, offsets, row(0), row(1)]));
}

// From the top; parse-exr, a texture's reader, begins at the bottom.
const reds = (data, order) => order.map((i) => data[4 * i]).join(' ');
for (const at of [0, 1]) {
	const file = exr(at, at), type = 1015;
	console.log(`window at ${at},${at}: hdrify ${reds(readExr(file).data, [0, 1, 2, 3])},`,
		`parse-exr ${reds(parseExr(file.buffer, type).data, [2, 3, 0, 1])}`);
}
END

seen=$(node try.mjs)
expected="window at 0,0: hdrify 1 2 3 4, parse-exr 1 2 3 4
window at 1,1: hdrify 0 0 1 2, parse-exr 1 2 3 4"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
