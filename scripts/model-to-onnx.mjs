// Writes a Keras model, as TensorFlow.js keeps it, in ONNX, which OpenCV and ONNX Runtime read.
//
//   node scripts/model-to-onnx.mjs FOLDER FILE
//
// FOLDER has model.min.js and the weights that it names, each a CommonJS module. It may have the
// layers that MobileNet is made of, one after the other or added; another kind is refused. Pictures
// come in as N x channels x height x width, any N.
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";

const [folder, file] = process.argv.slice(2);
const require = createRequire(resolve(folder) + "/");
const { modelTopology, weightsManifest } = require("./model.min.js");

// --- Protocol Buffers: numbers by which ONNX knows its members -------------------------------------

function varint(value) {
  const bytes = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}

const integer = (member, value) => Buffer.concat([varint(member << 3), varint(value)]);
const integers = (member, values) => Buffer.concat(values.map((value) => integer(member, value)));
const bytes = (member, value) => {
  const content = Buffer.isBuffer(value) ? value : Buffer.from(value);
  return Buffer.concat([varint((member << 3) | 2), varint(content.length), content]);
};
const all = (member, values) => Buffer.concat(values.map((value) => bytes(member, value)));
const message = (...members) => Buffer.concat(members);

function real(member, value) {
  const number = Buffer.alloc(4);
  number.writeFloatLE(value);
  return Buffer.concat([varint((member << 3) | 5), number]);
}

// --- weights ---------------------------------------------------------------------------------------

// Each by its name: its shape, and its numbers, which are kept in a byte each.
function readWeights() {
  const found = {};
  for (const { paths, weights } of weightsManifest) {
    const kept = Buffer.concat(paths.map((path) => Buffer.from(require(`./${path}.min.js`), "base64")));
    let at = 0;
    for (const { name, shape, quantization } of weights) {
      if (quantization?.dtype !== "uint8") throw new Error(`${name} is not kept in bytes`);
      const count = shape.reduce((product, side) => product * side, 1);
      const values = Float32Array.from(kept.subarray(at, at + count), (byte) => byte * quantization.scale + quantization.min);
      found[name] = { shape, values };
      at += count;
    }
    if (at !== kept.length) throw new Error(`${kept.length - at} bytes of weights are left`);
  }
  return found;
}

// Kernels are height x width x channels in x channels out there, and out x in x height x width here.
function turned({ shape: [height, width, inside, outside], values }, isDepthwise) {
  const turns = new Float32Array(values.length);
  for (let at = 0, place = 0; place < height * width; place++)
    for (let i = 0; i < inside; i++)
      for (let o = 0; o < outside; o++) turns[(o * inside + i) * height * width + place] = values[at++];
  return { shape: isDepthwise ? [inside, 1, height, width] : [outside, inside, height, width], values: turns };
}

// --- the graph -------------------------------------------------------------------------------------

const weights = readWeights();
const nodes = [];
const tensors = [];

function attribute([name, value]) {
  if (Array.isArray(value)) return message(bytes(1, name), integers(8, value), integer(20, 7));
  if (typeof value === "object") return message(bytes(1, name), real(2, value.real), integer(20, 1));
  return message(bytes(1, name), integer(3, value), integer(20, 2));
}

function node(kind, inputs, output, attributes = {}) {
  nodes.push(message(all(1, inputs), all(2, [output]), bytes(3, output), bytes(4, kind),
    all(5, Object.entries(attributes).map(attribute))));
  return output;
}

function constant(name, { shape, values }) {
  tensors.push(message(integers(1, shape), integer(2, 1), bytes(8, name),
    bytes(9, Buffer.from(values.buffer, values.byteOffset, values.byteLength))));
  return name;
}

const weight = (layer, what) => constant(`${layer}/${what}`, weights[`${layer}/${what}`]);

// Of a side that is kept as it is.
function padding({ padding: kind, kernel_size: kernel, strides }) {
  if (kind === "valid") return [0, 0, 0, 0];
  if (strides.some((stride) => stride !== 1) || kernel.some((side) => side % 2 === 0))
    throw new Error("padding that depends on the size");
  const around = kernel.map((side) => (side - 1) / 2);
  return [...around, ...around];
}

function convolution(input, { name, config }, what, group) {
  if (config.use_bias || config.activation !== "linear" || (config.depth_multiplier ?? 1) !== 1)
    throw new Error(`${name} does more than convolve`);
  const kernel = constant(`${name}/${what}`, turned(weights[`${name}/${what}`], group > 1));
  return node("Conv", [input, kernel], name, {
    kernel_shape: config.kernel_size, strides: config.strides, pads: padding(config), group });
}

function activated(input, name, kind) {
  if (kind === "relu") return node("Relu", [input], name + "/relu");
  if (kind === "softmax") return node("Softmax", [input], name + "/softmax", { axis: 1 });
  throw new Error(`${name} is activated by ${kind}`);
}

const layers = {
  ZeroPadding2D: ([input], { name, config: { padding: [[top, bottom], [left, right]] } }) =>
    node("Pad", [input], name, { pads: [0, 0, top, left, 0, 0, bottom, right] }),
  Conv2D: ([input], layer) => convolution(input, layer, "kernel", 1),
  DepthwiseConv2D: ([input], layer) =>
    convolution(input, layer, "depthwise_kernel", weights[`${layer.name}/depthwise_kernel`].shape[2]),
  BatchNormalization: ([input], { name, config }) =>
    node("BatchNormalization", [input, ...["gamma", "beta", "moving_mean", "moving_variance"].map((what) => weight(name, what))],
      name, { epsilon: { real: config.epsilon } }),
  ReLU: ([input], { name, config }) => node("Clip", [input], name, { min: { real: 0 }, max: { real: config.max_value } }),
  Add: (inputs, { name }) => node("Add", inputs, name),
  AveragePooling2D: ([input], { name, config }) =>
    node("AveragePool", [input], name, { kernel_shape: config.pool_size, strides: config.strides }),
  // What it flattens is one pixel, whose order is the same here and there.
  Flatten: ([input], { name }) => node("Flatten", [input], name, { axis: 1 }),
  Dropout: ([input]) => input,
  Dense: ([input], { name, config }) => {
    const { shape, values } = weights[`${name}/kernel`];
    const { values: kernel } = turned({ shape: [1, 1, ...shape], values }, false);
    const product = node("Gemm", [input, constant(`${name}/kernel`, { shape: [shape[1], shape[0]], values: kernel }),
      weight(name, "bias")], name, { transB: 1 });
    return activated(product, name, config.activation);
  },
};

function built({ layers: those }) {
  const outputs = {};
  for (const layer of those) {
    const inputs = layer.inbound_nodes.flat().map(([name]) => outputs[name]);
    if (layer.class_name === "InputLayer") outputs[layer.name] = "pictures";
    else if (!layers[layer.class_name]) throw new Error(`a layer ${layer.class_name}`);
    else outputs[layer.name] = layers[layer.class_name](inputs, layer);
  }
  return outputs[those.at(-1).name];
}

// A name, and floats of that shape; a side that is a text may be any.
const value = (name, shape) => message(bytes(1, name), bytes(2, bytes(1, message(integer(1, 1), bytes(2,
  all(1, shape.map((side) => (typeof side === "string" ? bytes(2, side) : integer(1, side)))))))));

const { config } = modelTopology.model_config;
const [, height, width, channels] = config.layers[0].config.batch_input_shape;
const output = built(config);
const graph = message(all(1, nodes), bytes(2, "graph"), all(5, tensors),
  bytes(11, value("pictures", ["N", channels, height, width])),
  bytes(12, value(output, ["N", config.layers.at(-1).config.units])));
// Version 4 of the format, and 9 of its operators.
writeFileSync(file, message(integer(1, 4), bytes(7, graph), bytes(8, message(bytes(1, ""), integer(2, 9)))));
