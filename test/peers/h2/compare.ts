import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { text } from "node:stream/consumers";
import { FrameType } from "../../../http2/frames.ts";
import { Peer } from "../../../http2/peer.fixture.ts";
import { mutate } from "../../fuzz/mutations.ts";
import { validSession } from "../../fuzz/valid-session.ts";
import { createRandom } from "../../support/random.ts";

/** Where h2 raised, and for what. */
interface Raised {
  /** The number of the read. */
  readonly read: number;
  readonly error: string;
  readonly text: string;
}

/** What the engine made of a session, read by read. */
interface Outcome {
  /** The read at which the connection ended; Infinity where it did not. */
  readonly endedAt: number;
  /** The reads at which streams were reset, or refused with a status of the engine's own. */
  readonly resetAt: readonly number[];
}

/** Frames that h2 knows and the engine does not: ALTSVC, RFC 7838. */
const altSvc = 10;

/** What h2 raises for and the engine lets pass, and why it may. */
const intended: Readonly<Record<string, (raised: Raised, read: Buffer) => boolean>> = {
  "a client's GOAWAY leaves open streams to end (RFC 9113 section 6.8), where h2 takes no frame after it": ({ text }) =>
    text.endsWith("in state ConnectionState.CLOSED"),
  "ALTSVC is unknown, and so ignored however it looks (RFC 9113 section 5.5)": ({ error }, read) =>
    error === "FrameDataMissingError" && read[3] === altSvc,
  "ENABLE_CONNECT_PROTOCOL is unknown, and so ignored whatever its value (RFC 9113 section 6.5.2)": ({ text }) =>
    text.startsWith("Setting 8 has invalid value"),
};

/** How two implementations judged the same sessions. */
export interface Comparison {
  /** Sessions in which h2 raised, and those of them in which the engine ended stream or connection at that read. */
  readonly raised: number;
  readonly alike: number;
  /** How often each of the intended differences was seen. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** A client's reads: valid sessions, mutated. */
function readsOf(seed: number): Buffer[] {
  const random = createRandom(seed);
  const steps = validSession(random, true);
  mutate(random, steps);
  return steps.flatMap(step => (step.kind === "bytes" ? [step.bytes] : []));
}

/** Plays reads on the engine; as for h2, no request is answered, and all that comes is taken. */
function playOnEngine(reads: readonly Buffer[]): Outcome {
  const peer = new Peer(true, {
    request: stream => {
      stream.listen({ data() {}, ended() {}, drained() {}, closed: () => stream.settled() });
      stream.resume();
    },
    failed: error => {
      throw error;
    },
  });
  let endedAt = Number.POSITIVE_INFINITY;
  const resetAt: number[] = [];
  for (const [number, read] of reads.entries()) {
    peer.send(read);
    const sent = peer.take();
    if (sent.some(({ type }) => type === FrameType.reset || type === FrameType.headers)) resetAt.push(number);
    if (!peer.connection.isDead) continue;
    endedAt = number;
    break;
  }
  return { endedAt, resetAt };
}

/** Has h2 judge sessions of raw frames that the engine is sent, too. Throws where only h2 minds, and not for a reason. */
export async function compareWithModel(child: ChildProcess, seed: number, sessions: number): Promise<Comparison> {
  assert.ok(child.stdin && child.stdout && child.stderr);
  const played = Array.from({ length: sessions }, (_, n) => readsOf(seed + n));
  child.stdin.end(JSON.stringify(played.map(reads => reads.map(read => read.toString("hex")))));
  const [out, problem] = await Promise.all([text(child.stdout), text(child.stderr)]);
  assert.equal(problem, "");
  const verdicts = JSON.parse(out) as (Raised | null)[];
  const reasons = new Map(Object.keys(intended).map(reason => [reason, 0]));
  let raised = 0;
  let alike = 0;
  for (const [n, reads] of played.entries()) {
    const verdict = verdicts[n];
    if (!verdict) continue;
    raised++;
    const { endedAt, resetAt } = playOnEngine(reads);
    if (endedAt <= verdict.read || resetAt.includes(verdict.read)) {
      alike++;
      continue;
    }
    const reason = Object.keys(intended).find(name => intended[name]?.(verdict, reads[verdict.read] as Buffer));
    const shown = reads.slice(0, verdict.read + 1).map(read => read.toString("hex", 0, 100));
    if (reason === undefined) assert.fail(`PEERS_SEED=${seed + n}: ${JSON.stringify(verdict)}\n${shown.join("\n")}`);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return { raised, alike, reasons };
}
