import { HpackError } from "./hpack-error.ts";
import { endOfString, huffmanCodes } from "./huffman-codes.ts";

/**
 * A step of the automaton, packed into 27 bits: the next state (8), how many octets it gives (2), these octets (8 and 8),
 * and whether it met EOS. Eight bits give two octets at most, as the shortest code has five.
 */
const countShift = 8;
const firstShift = 10;
const secondShift = 18;
const metEndOfString = 1 << 26;

/** The most octets that as many octets of Huffman code stand for: the shortest code has five bits. */
export function mostDecoded(octets: number): number {
  return Math.floor((octets * 8) / 5);
}

/** The code as a binary tree: by node and bit the next node, or `-1 - symbol`. Its 256 inner nodes are the states. */
function codeTree(): Int32Array {
  const tree = new Int32Array(2 * 256);
  let nodes = 1;
  for (const { symbol, bits, length } of huffmanCodes()) {
    let node = 0;
    for (let i = length - 1; i > 0; i--) {
      const branch = 2 * node + ((bits >> i) & 1);
      if (tree[branch] === 0) tree[branch] = nodes++;
      node = tree[branch] as number;
    }
    tree[2 * node + (bits & 1)] = -1 - symbol;
  }
  return tree;
}

/** The step from each state by each four bits. */
function nibbleSteps(tree: Int32Array): Int32Array {
  const steps = new Int32Array(256 * 16);
  for (let i = 0; i < steps.length; i++) {
    let node = i >> 4;
    let octets = 0;
    for (let bit = 3; bit >= 0; bit--) {
      node = tree[2 * node + ((i >> bit) & 1)] as number;
      if (node >= 0) continue;
      const symbol = -1 - node;
      octets = symbol === endOfString ? metEndOfString : (1 << countShift) | (symbol << firstShift);
      node = 0;
    }
    steps[i] = node | octets;
  }
  return steps;
}

/** The step from each state by each octet: two steps by four bits, put together as 65,536 single ones take longer. */
function octetSteps(): Int32Array {
  const nibbles = nibbleSteps(codeTree());
  const steps = new Int32Array(256 * 256);
  for (let i = 0; i < steps.length; i++) {
    const first = nibbles[i >> 4] as number;
    const second = nibbles[((first & 0xff) << 4) | (i & 0xf)] as number;
    const count = ((first >> countShift) & 3) + ((second >> countShift) & 3);
    const octet = (step: number) => (step >> firstShift) & 0xff;
    const octets =
      (first >> countShift) & 3
        ? (octet(first) << firstShift) | (octet(second) << secondShift)
        : octet(second) << firstShift;
    steps[i] = (second & 0xff) | (count << countShift) | octets | ((first | second) & metEndOfString);
  }
  return steps;
}

/** The states that a string may end in: behind a whole code, or behind one to seven ones (RFC 7541 section 5.2). */
function endStates(tree: Int32Array): Uint8Array {
  const ends = new Uint8Array(256);
  let node = 0;
  for (let ones = 0; ones <= 7; ones++) {
    ends[node] = 1;
    node = tree[2 * node + 1] as number;
  }
  return ends;
}

const steps = octetSteps();
const mayEnd = endStates(codeTree());

/**
 * Decodes a Huffman-coded string, an octet a step; returns how many octets it put at the beginning of `into`, which has
 * room for {@link mostDecoded} and one more.
 *
 * Throws an {@link HpackError} for EOS within it, and for a padding that is longer than 7 bits or not all ones.
 */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let state = 0;
  let length = 0;
  for (let i = start; i < end; i++) {
    const step = steps[(state << 8) | (bytes[i] as number)] as number;
    if (step >= metEndOfString) throw new HpackError("a Huffman-coded string holds EOS");
    // Both are stored without asking; what is no octet is overwritten by the next.
    into[length] = step >> firstShift;
    into[length + 1] = step >> secondShift;
    length += (step >> countShift) & 3;
    state = step & 0xff;
  }
  if (mayEnd[state] === 0) throw new HpackError("a Huffman-coded string ends with a wrong padding");
  return length;
}
