import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Collector } from "../../http2/collect.fixture.ts";
import { createEchoServer } from "../../http2/echo.fixture.ts";
import { ErrorCode } from "../../http2/frames.ts";
import { Session } from "../../http2/session.ts";
import { createRandom, type Random } from "../support/random.ts";
import { installedTool } from "../support/tools.ts";
import { compareWithModel } from "./h2/compare.ts";

const seed = Number(process.env.PEERS_SEED ?? 20_260);
const sessions = Number(process.env.PEERS_SESSIONS ?? 100);
/** Sessions of raw frames take no sockets. */
const rawSessions = sessions * 20;

function start(script: string, ...args: readonly (string | number)[]): ChildProcess {
  const file = fileURLToPath(new URL(`h2/${script}`, import.meta.url));
  return spawn(installedTool("python/bin/python"), [file, ...args.map(String)]);
}

/** Plays a session of calls on h2's server, each checked; ends them in every way. */
async function playClient(port: number, random: Random): Promise<number> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const { connection } = new Session(false, socket, {});
  const calls = Array.from({ length: 1 + random.below(12) }, async () => {
    const path = random.pick(["/echo", "/echo", "/echo", "/early-hints", "/reset"]);
    const seen = "s".repeat(random.below(random.pick([10, 5_000])));
    const target = [":method", "POST", ":scheme", "http", ":authority", "localhost", ":path", path, "x-seen", seen];
    const body = Buffer.alloc(random.below(random.pick([1, 100, 200_000])), 1 + random.below(255));
    const collector = new Collector();
    const stream = connection.open(target, collector);
    stream.resume();
    const half = body.subarray(0, body.length >> 1);
    stream.write(half);
    if (random.chance(0.1)) {
      stream.reset();
      assert.equal((await collector.collected).end.by, "self");
      return;
    }
    stream.end(body.subarray(half.length), random.chance(0.3) ? ["x-sum", "1"] : undefined);
    const reply = await collector.collected;
    if (path === "/reset") {
      assert.deepEqual([reply.end.code, reply.end.unprocessed], [ErrorCode.refusedStream, true]);
      return;
    }
    assert.equal(reply.end.by, "finished");
    assert.deepEqual(
      reply.heads.map(({ status }) => status),
      path === "/early-hints" ? [103, 200] : [200],
    );
    assert.equal(reply.heads.at(-1)?.headers["x-seen"], seen);
    assert.ok(reply.body.equals(body), `${reply.body.length} bytes came back of ${body.length}`);
    assert.equal(reply.trailers?.headers["echo-status"], "0");
  });
  await Promise.all(calls);
  connection.shutDown();
  socket.destroy();
  return calls.length;
}

describe(`python-hyper's h2, by seed ${seed}`, () => {
  test(`as client finds no fault with the engine in ${sessions} sessions`, async t => {
    const server = createEchoServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const child = start("client.py", (server.address() as AddressInfo).port, seed, sessions);
    assert.ok(child.stdout && child.stderr);
    const [out, problem] = await Promise.all([text(child.stdout), text(child.stderr)]);
    server.close();
    assert.equal(problem, "");
    const { streams, resets, ...played } = JSON.parse(out) as Record<string, number>;
    assert.equal(played.sessions, sessions);
    t.diagnostic(`${streams} streams, ${resets} of them reset, ${played.bytes} bytes`);
  });

  test(`as server finds no fault with the engine in ${sessions} sessions`, async t => {
    const child = start("server.py", seed);
    assert.ok(child.stdin && child.stdout && child.stderr);
    const problem = text(child.stderr);
    const exited = once(child, "exit");
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    let calls = 0;
    try {
      for (let n = 0; n < sessions; n++) calls += await playClient(Number(port.toString()), createRandom(seed + n));
    } finally {
      child.stdin.end();
      assert.equal(await problem, "");
    }
    assert.deepEqual(await exited, [0, null]);
    t.diagnostic(`${calls} calls`);
  });

  test(`what it raises for, in ${rawSessions} sessions of raw frames, ends stream or connection here, too`, async t => {
    const { raised, alike, reasons } = await compareWithModel(start("model.py"), seed, rawSessions);
    t.diagnostic(`h2 raised in ${raised} sessions, in ${alike} of them where the engine ended stream or connection`);
    for (const [reason, count] of reasons) t.diagnostic(`${count} × ${reason}`);
    assert.ok(alike > raised / 2, "most of it is alike");
  });
});
