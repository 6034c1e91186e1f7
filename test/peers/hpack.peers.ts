import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { HpackDecoder } from "../../http2/hpack/decoder.ts";
import { HpackEncoder } from "../../http2/hpack/encoder.ts";
import { createRandom, type Random } from "../support/random.ts";
import { installedTool } from "../support/tools.ts";

/** What a connection sends in turn. Names, values and blocks are hex digits. */
interface Step {
  readonly fields: readonly string[];
  readonly huffman: boolean;
  /** The encoder's table from here on; undefined where it stays. */
  readonly tableSize?: number;
  readonly block?: string;
}

const seed = Number(process.env.PEERS_SEED ?? 20_260);
const stories = Number(process.env.PEERS_STORIES ?? 300);
const blocksOfStory = 30;

const peers = {
  "golang.org/x/net": () => spawn(installedTool("bin/hpack-peer")),
  "python-hyper's hpack": () =>
    spawn(installedTool("python/bin/python"), [fileURLToPath(new URL("hpack/peer.py", import.meta.url))]),
};

/** Has a peer encode or decode stories; resolves with blocks, or with lists of fields. */
async function asked<T>(peer: () => ReturnType<typeof spawn>, encode: boolean, told: readonly (readonly Step[])[]) {
  const child = peer();
  assert.ok(child.stdin && child.stdout && child.stderr);
  child.stdin.end(JSON.stringify(told.map(steps => ({ encode, steps }))));
  const [out, problem] = await Promise.all([text(child.stdout), text(child.stderr)]);
  assert.equal(problem, "");
  return JSON.parse(out) as T[][];
}

const toHex = (fields: readonly string[]) => fields.map(field => Buffer.from(field, "latin1").toString("hex"));

const names = [
  ...[":method", ":path", ":scheme", ":authority", ":status", "content-type", "accept-encoding", "authorization"],
  ...["cookie", "te", "user-agent", "grpc-timeout", "x-request-id", "traceparent", "grpc-status", "x-own"],
];
const values = ["GET", "POST", "/", "http", "https", "200", "404", "", "gzip, deflate", "application/grpc", "trailers"];

/** A field of a kind that repeats, or one of chance: any octets, of any length up to what fills half a table. */
function randomField(random: Random): [name: string, value: string] {
  const octets = (length: number) => String.fromCharCode(...Array.from({ length }, () => random.below(256)));
  const name = random.chance(0.9) ? random.pick(names) : `x${random.below(30)}${"n".repeat(random.below(200))}`;
  if (random.chance(0.7)) return [name, random.pick(values)];
  return [name, octets(random.chance(0.05) ? random.below(2000) : random.below(40))];
}

function randomFields(random: Random): string[] {
  return Array.from({ length: random.below(14) }, () => randomField(random)).flat();
}

/** Sizes are changed twice between two blocks at times, as the lower one must be told then, too. */
function randomSize(random: Random): number | undefined {
  return random.chance(0.15) ? random.pick([0, 31, 100, 1000, 4095, 4096]) : undefined;
}

describe(`HPACK, ${stories} stories by seed ${seed}`, () => {
  for (const [name, peer] of Object.entries(peers)) {
    test(`what ${name} encodes is decoded as it was told`, async () => {
      const random = createRandom(seed);
      const told = Array.from({ length: stories }, () => {
        const repeated = randomFields(random);
        return Array.from({ length: blocksOfStory }, (): Step => {
          const fields = toHex(random.chance(0.4) ? repeated : randomFields(random));
          const tableSize = randomSize(random);
          return { fields, huffman: random.chance(0.7), ...(tableSize === undefined ? {} : { tableSize }) };
        });
      });
      const encoded = await asked<string>(peer, true, told);
      assert.equal(encoded.length, stories);
      for (const [n, steps] of told.entries()) {
        const decoder = new HpackDecoder({ maxListSize: 2 ** 20 });
        for (const [i, { fields }] of steps.entries()) {
          const block = Buffer.from(encoded[n]?.[i] as string, "hex");
          assert.deepEqual(toHex(decoder.decode(block).fields), fields, `story ${n}, block ${i}`);
        }
      }
    });

    test(`what is encoded is decoded by ${name}`, async () => {
      const random = createRandom(seed + 1);
      const into = Buffer.alloc(64 * 1024);
      const told = Array.from({ length: stories }, () => {
        const encoder = new HpackEncoder();
        const lists = Array.from({ length: 1 + random.below(80) }, () => Object.freeze(randomFields(random)));
        return Array.from({ length: blocksOfStory }, (): Step => {
          for (let size = randomSize(random); size !== undefined; size = randomSize(random)) {
            encoder.setPeerTableSize(random.chance(0.2) ? 65_536 : size);
          }
          const list = random.chance(0.8) ? random.pick(lists) : randomFields(random);
          const single = random.chance(0.5) ? randomField(random) : [];
          let end = encoder.encode(list, into, 0);
          if (single[0] !== undefined) end = encoder.encodeField(single[0], single[1], into, end);
          return { fields: toHex([...list, ...single]), huffman: false, block: into.toString("hex", 0, end) };
        });
      });
      const decoded = await asked<string[]>(peer, false, told);
      assert.deepEqual(
        decoded,
        told.map(steps => steps.map(({ fields }) => fields)),
      );
    });
  }
});
