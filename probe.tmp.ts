import net from "node:net";
import http2 from "node:http2";
import { once } from "node:events";
import { ConnectError, Code } from "@connectrpc/connect";
import { createConcierge } from "./client/index.ts";
import { startProcess } from "./test/support/server-process.ts";

function show(e: unknown) {
  const c = ConnectError.from(e);
  const chain: string[] = [];
  for (let x: any = c.cause; x; x = x.cause) chain.push(`${x.constructor?.name}(${x.code ?? ""},${x.syscall ?? ""},${x.message})`);
  return `${Code[c.code]} | ${c.rawMessage} | meta ${[...c.metadata.keys()].length} | cause ${chain.join(" < ")} | ${(e as any).constructor.name}`;
}
async function tcp(handler: (s: net.Socket) => void) {
  const server = net.createServer(s => { s.on("error", () => {}); handler(s); });
  server.listen(0, "127.0.0.1"); await once(server, "listening");
  return { port: (server.address() as net.AddressInfo).port, close: () => server.close() };
}
async function h2(handler: (s: http2.ServerHttp2Stream, session: http2.ServerHttp2Session) => void) {
  const server = http2.createServer();
  server.on("stream", (s) => { s.on("error", () => {}); handler(s, s.session as any); });
  server.on("session", s => s.on("error", () => {}));
  server.listen(0, "127.0.0.1"); await once(server, "listening");
  return { port: (server.address() as net.AddressInfo).port, close: () => server.close() };
}
const cases: Record<string, () => Promise<{ port: number; close(): void }>> = {
  "refused": async () => { const s = await tcp(() => {}); s.close(); return s; },
  "reset on accept": () => tcp(s => s.resetAndDestroy()),
  "fin on accept": () => tcp(s => s.end()),
  "reset after first bytes": () => tcp(s => s.once("data", () => s.resetAndDestroy())),
  "fin after first bytes": () => tcp(s => s.once("data", () => s.end())),
  "garbage": () => tcp(s => s.once("data", () => s.write("HTTP/1.1 400 Bad\r\n\r\n"))),
  "silent": () => tcp(() => {}),
  "rst refused": () => h2(s => s.close(7)),
  "rst cancel": () => h2(s => s.close(8)),
  "rst internal": () => h2(s => s.close(2)),
  "rst noerror": () => h2(s => s.close(0)),
  "rst calm": () => h2(s => s.close(11)),
  "session destroy": () => h2((s, session) => session.destroy()),
  "socket destroy": () => h2((s, session) => { (session.socket as any).destroySoon?.(); session.destroy(); }),
  "goaway below": () => h2((s, session) => { session.goaway(0, 0); }),
  "goaway calm": () => h2((s, session) => { session.goaway(11, 0, Buffer.from("too_many_pings")); session.destroy(); }),
  "503": () => h2(s => { s.respond({ ":status": 503, "content-type": "text/html" }); s.end("no"); }),
  "502": () => h2(s => { s.respond({ ":status": 502, "content-type": "text/html" }); s.end("no"); }),
  "headers then rst": () => h2(s => { s.respond({ ":status": 200, "content-type": "application/proto" }); setTimeout(() => s.close(8), 20); }),
  "headers then end": () => h2(s => { s.respond({ ":status": 200, "content-type": "application/connect+proto" }); s.end(); }),
  "headers grpc then destroy": () => h2((s, session) => { s.respond({ ":status": 200, "content-type": "application/grpc+proto" }); setTimeout(() => (session as any).destroy(), 20); }),
};
process.on("uncaughtException", e => console.log("UNCAUGHT", (e as Error).message));
const only = process.argv[2];
for (const [name, start] of Object.entries(cases)) {
  if (only && !name.includes(only)) continue;
  for (const protocol of ["connect", "grpc", "grpc-web"] as const) {
    const server = await start();
    const c = createConcierge({ baseUrl: `http://127.0.0.1:${server.port}`, protocol });
    const u = await c.greeter.sayHello({ name: "x" }, { timeoutMs: 400 }).then(() => "ok?", show);
    const st = await (async () => { for await (const _ of c.greeter.sayHelloStream({ name: "x" }, { timeoutMs: 400 })) {} return "ended ok"; })().catch(show);
    console.log(`${name.padEnd(26)} ${protocol.padEnd(8)} U ${u}\n${" ".repeat(36)}S ${st}`);
    c.close(); server.close();
  }
}
if (!only || only === "kill") {
for (const protocol of ["connect", "grpc", "grpc-web"] as const) {
  const c0 = await startProcess(0, { GREETER_STREAM_INTERVAL_MS: "1000" });
  const c = createConcierge({ baseUrl: `http://127.0.0.1:${c0.port}`, protocol });
  await c.greeter.sayHello({ name: "x" });
  const st = (async () => { for await (const _ of c.greeter.sayHelloStream({ name: "x" })) { setTimeout(() => process.kill((c0 as any).pid ?? 0, 0), 1e9).unref(); } return "ended ok"; })().catch(show);
  await c0.stop();
  console.log("sigterm", protocol, await st);
  c.close();
}}
process.exit(0);
