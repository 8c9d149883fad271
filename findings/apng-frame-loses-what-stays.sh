#!/bin/bash
# In an animated PNG of which each frame draws only what has changed, the rest of every later frame is gone.
#
# Guess, before it was run: what a frame does not draw stays as the frame before left it (dispose_op 0), and an opaque
# pixel drawn "over" another (blend_op 1) replaces it.
# Seen, with fast-png 8.0.0 from npm, decodeApng(): a frame of less than the whole size lies on a transparent black
# ground. Drawn over, it has neither red nor alpha. No error. A frame of the whole size is given out as it is stored.
#   in its place: 0 0 0 0, 10 180 30 255
#   over it: 0 0 0 0, 0 179 29 0
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund fast-png@8.0.0 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 20.15 or later, and npm to install fast-png@8.0.0" >&2
	exit 2
}

cat >try.mjs <<'END'
import { decodeApng } from 'fast-png';
import { crc32, deflateSync } from 'node:zlib';

const numbers = (...values) => Buffer.concat(values.map((value) => {
	const four = Buffer.alloc(4);
	four.writeUInt32BE(value);
	return four;
}));
const chunk = (name, content) => {
	const named = Buffer.concat([Buffer.from(name), content]);
	return Buffer.concat([numbers(content.length), named, numbers(crc32(named))]);
};
const row = (...pixels) => deflateSync(Buffer.from([0, ...pixels.flat()]));
const control = (number, width, x, blend) =>
	chunk('fcTL', Buffer.concat([numbers(number, width, 1, x, 0), Buffer.from([0, 1, 0, 10, 0, blend])]));

// Two opaque pixels; then the second of them alone is drawn anew. Nothing is disposed of.
const first = [200, 50, 20, 255], second = [10, 180, 30, 255];
const animation = (blend) => Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
	chunk('IHDR', Buffer.concat([numbers(2, 1), Buffer.from([8, 6, 0, 0, 0])])), chunk('acTL', numbers(2, 0)),
	control(0, 2, 0, 0), chunk('IDAT', row(first, first)),
	control(1, 1, 1, blend), chunk('fdAT', Buffer.concat([numbers(2), row(second)])), chunk('IEND', Buffer.alloc(0))]);

for (const [blend, name] of ['in its place', 'over it'].entries()) {
	const { frames } = decodeApng(animation(blend));
	const pixels = [...frames[1].data];
	console.log(`${name}: ${pixels.slice(0, 4).join(' ')}, ${pixels.slice(4).join(' ')}`);
}
END

seen=$(node try.mjs)
expected="in its place: 0 0 0 0, 10 180 30 255
over it: 0 0 0 0, 0 179 29 0"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
