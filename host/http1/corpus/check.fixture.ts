import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Outcome, outcomeOf } from "../fast-path.fixture.ts";
import { type Case, type Judgement, plain } from "./case.fixture.ts";
import { fields } from "./fields.fixture.ts";
import { framing } from "./framing.fixture.ts";
import { lines } from "./lines.fixture.ts";
import { pipelines } from "./pipelines.fixture.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** Octets at each end of a longer text that are sent, and cut, one by one. */
const edge = 300;

/** Octet by octet, so that each request has its response before the next one is read. */
function octets(text: string): Uint8Array[] {
  const whole = bytes(text);
  const single = (part: Buffer) => Array.from(part, octet => Buffer.of(octet));
  if (whole.length <= 2 * edge) return single(whole);
  return [...single(whole.subarray(0, edge)), whole.subarray(edge, -edge), ...single(whole.subarray(-edge))];
}

/** Each place to cut a text at. */
function places({ length }: string): number[] {
  const all = Array.from({ length: length - 1 }, (_, n) => n + 1);
  return length <= 2 * edge ? all : [...all.slice(0, edge), ...all.slice(-edge)];
}

function judge({ fast, served, statuses }: Outcome): Judgement {
  const refused = /^HTTP\/1\.1 4/.test(statuses.at(-1) ?? "");
  return { fast, handed: Math.max(0, served.length - fast), refused };
}

/** Checks that the fast path takes as many requests as it has to, and that none is understood but as node:http does alone. */
function assertWithin(outcome: Outcome, alone: Outcome, fast: number, title: string): void {
  assert.equal(outcome.fast, fast, title);
  assert.deepEqual(outcome.served, alone.served.slice(0, outcome.served.length), title);
  assert.ok(outcome.served.length >= Math.min(fast, alone.served.length), title);
}

/** Checks that a case is judged as its table says, and that node:http alone sees the same requests and refuses the same. */
export async function checkJudgement({ title, text, fast, handed, refused }: Case): Promise<void> {
  // A request behind it tells where the bytes before it were taken to end.
  for (const sent of [text, text + plain()]) {
    const { served, statuses } = await outcomeOf(octets(sent), false);
    const both = await outcomeOf(octets(sent), true);
    assert.deepEqual({ served: both.served, statuses: both.statuses }, { served, statuses }, title);
    if (sent === text) assert.deepEqual(judge(both), { fast, handed, refused }, title);
  }
}

/** Checks that a case is understood alike in one piece. */
export async function checkWhole({ title, text, fast }: Case): Promise<void> {
  const alone = await outcomeOf(octets(text), false);
  assertWithin(await outcomeOf([bytes(text)], true), alone, fast, title);
}

/** Checks that a case is understood alike wherever it is cut in two. */
export async function checkCuts({ title, text, fast }: Case): Promise<void> {
  const alone = await outcomeOf(octets(text), false);
  const whole = bytes(text);
  for (const at of places(text)) {
    const outcome = await outcomeOf([whole.subarray(0, at), whole.subarray(at)], true);
    assertWithin(outcome, alone, fast, `${title} cut at ${at}`);
  }
}

/** Makes a test of each class of all tables. */
export function testCorpus(fact: string, check: (one: Case) => Promise<void>): void {
  for (const [name, table] of Object.entries({ lines, fields, framing, pipelines })) {
    describe(`${name}: ${fact}`, () => {
      for (const [title, cases] of Map.groupBy(table, ({ group }) => group)) {
        test(title, async () => {
          for (const one of cases) await check(one);
        });
      }
    });
  }
}
