#!/bin/bash
# A scan in gray PNG of 1 or 4 bits is sheared, more with every row.
#
# Guess, before it was run: a straight vertical line, whatever the width.
# Seen, with upng-js 2.1.0 from npm: rows of gray are taken to follow each other bit by bit, while in a PNG each begins
# with a byte of its own. A picture whose width is a multiple of 8 is right; one with a palette is, too.
#   gray, 1 bit, 5 wide:  #.... ...#. ..... .#...
#   gray, 4 bits, 5 wide: #.... .#... ..#.. ...#.
#   gray, 1 bit, 8 wide:  #....... #....... #....... #.......
#   palette, 1 bit:       #.... #.... #.... #....
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund upng-js@2.1.0 >npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 18 or later, and npm to install upng-js@2.1.0" >&2
	exit 2
}

cat >try.js <<'END'
const UPNG = require('upng-js');
const { deflateSync } = require('node:zlib');

// The sums of PNG's chunks are not looked at by this decoder; they are made all the same.
function chunk(type, data) {
	const body = Buffer.concat([Buffer.from(type), data]);
	let crc = ~0;
	for (const byte of body) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	const numbers = Buffer.alloc(8);
	numbers.writeUInt32BE(data.length, 0);
	numbers.writeUInt32BE(~crc >>> 0, 4);
	return Buffer.concat([numbers.subarray(0, 4), body, numbers.subarray(4)]);
}

// Four rows with the first pixel white, the others black.
function png(width, bits, palette) {
	const head = Buffer.from([0, 0, 0, width, 0, 0, 0, 4, bits, palette ? 3 : 0, 0, 0, 0]);
	const row = Buffer.alloc(1 + Math.ceil(width * bits / 8));
	row[1] = bits === 1 ? 0x80 : 0xf0;
	const colours = Buffer.alloc(3 << bits, 0);
	colours.fill(255, colours.length - 3);
	return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head),
		palette ? chunk('PLTE', colours) : Buffer.alloc(0),
		chunk('IDAT', deflateSync(Buffer.concat([row, row, row, row]))), chunk('IEND', Buffer.alloc(0))]);
}

function rows(width, bits, palette) {
	const file = png(width, bits, palette);
	const rgba = new Uint8Array(UPNG.toRGBA8(UPNG.decode(new Uint8Array(file).buffer))[0]);
	const row = (y) => Array.from({ length: width }, (_, x) => (rgba[4 * (y * width + x)] ? '#' : '.')).join('');
	return [0, 1, 2, 3].map(row);
}
console.log('gray, 1 bit, 5 wide: ', ...rows(5, 1, false));
console.log('gray, 4 bits, 5 wide:', ...rows(5, 4, false));
console.log('gray, 1 bit, 8 wide: ', ...rows(8, 1, false));
console.log('palette, 1 bit:      ', ...rows(5, 1, true));
END

seen=$(node try.js)
expected="gray, 1 bit, 5 wide:  #.... ...#. ..... .#...
gray, 4 bits, 5 wide: #.... .#... ..#.. ...#.
gray, 1 bit, 8 wide:  #....... #....... #....... #.......
palette, 1 bit:       #.... #.... #.... #...."

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
