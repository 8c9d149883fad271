#!/bin/bash
# A picture that a quantized model makes smaller loses all that is below zero, if it is to be antialiased.
#
# Guess, before it was run: a plane of -50 stays one of -50, as in floating point, whatever is interpolated between.
# Seen, with onnxruntime-web 1.30.0 from npm, on the CPU: Resize with antialias=1 (opset 18) cuts int8 off at 0, as if
# it were uint8. Where 0 stands for mid-gray, all that is darker becomes mid-gray. Without antialiasing it is right. No
# error.
#   float32 -50: -50, antialiased -50
#   int8 50: 50, antialiased 50
#   int8 -50: -50, antialiased 0
#   int8 -128: -128, antialiased 0
# Exit: 0 still so, 1 it has changed, 2 it could not be tried.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --prefix "$work" --cache "$work/cache" --no-audit --no-fund --ignore-scripts onnxruntime-web@1.30.0 \
	>npm.log 2>&1 || {
	tail -n 5 npm.log >&2
	echo "cannot be tried: needs Node.js 20.15 or later, and npm to install onnxruntime-web@1.30.0" >&2
	exit 2
}

cat >try.mjs <<'END'
import { InferenceSession, Tensor } from 'onnxruntime-web';

// What is needed of ONNX, in the encoding of protocol buffers.
const number = (value) => value < 128 ? [value] : [value & 127 | 128, ...number(value >> 7)];
const message = (field, bytes) => [...number(field << 3 | 2), ...number(bytes.length), ...bytes];
const text = (field, string) => message(field, Buffer.from(string));
const integer = (field, value) => [...number(field << 3), ...number(value)];
const types = { float32: 1, int8: 3, int64: 7 };

const tensor = (field, name, type, sides) => message(field, [...text(1, name), ...message(2, message(1,
	[...integer(1, types[type]), ...message(2, sides.flatMap((side) => message(1, integer(1, side))))]))]);

// Makes 2x2 samples of 4x4 by linear interpolation.
function model(type, antialias) {
	const node = [...text(1, 'in'), ...text(1, ''), ...text(1, ''), ...text(1, 'sides'), ...text(2, 'out'),
		...text(4, 'Resize'),
		...message(5, [...text(1, 'mode'), ...text(4, 'linear'), ...integer(20, 3)]),
		...message(5, [...text(1, 'antialias'), ...integer(3, antialias), ...integer(20, 2)])];
	const sides = [...integer(1, 4), ...integer(2, types.int64), ...text(8, 'sides'),
		...message(9, Buffer.from(BigInt64Array.of(1n, 1n, 2n, 2n).buffer))];
	return Uint8Array.from([...integer(1, 8), ...message(8, integer(2, 18)),
		...message(7, [...message(1, node), ...text(2, 'graph'), ...message(5, sides),
			...tensor(11, 'in', type, [1, 1, 4, 4]), ...tensor(12, 'out', type, [1, 1, 2, 2])])]);
}

async function small(type, value, antialias) {
	const samples = (type === 'int8' ? Int8Array : Float32Array).from(Array(16).fill(value));
	const session = await InferenceSession.create(model(type, antialias));
	const { out } = await session.run({ in: new Tensor(type, samples, [1, 1, 4, 4]) });
	return out.data[0];
}
for (const [type, value] of [['float32', -50], ['int8', 50], ['int8', -50], ['int8', -128]])
	console.log(`${type} ${value}: ${await small(type, value, 0)}, antialiased ${await small(type, value, 1)}`);
END

seen=$(node try.mjs)
expected="float32 -50: -50, antialiased -50
int8 50: 50, antialiased 50
int8 -50: -50, antialiased 0
int8 -128: -128, antialiased 0"

[ "$seen" = "$expected" ] || {
	printf 'changed; expected:\n%s\nseen:\n%s\n' "$expected" "$seen"
	exit 1
}
echo "as before:"
echo "$seen"
