import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { Code, createClient } from "@connectrpc/connect";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import { makeCertificates } from "../support/certificates.ts";
import { ALL, endsWith, read } from "../support/feed.ts";
import { startPostgres } from "../support/postgres.ts";
import { startWorkers } from "../support/worker-server.ts";

/** More of them than fit into the buffers of a connection whose client does not read. */
const users = Array.from({ length: 3000 }, (_, n) => ({ name: `${"x".repeat(150)} ${n}`, email: `u${n}@example.org` }));

async function* toRequests() {
  for (const user of users) yield { user };
}

/** Nothing may wait for the grace. */
const patient = { SHUTDOWN_GRACE_MS: "3600000", DEMO_DATA: "false" };

describe("workers that are told to end", () => {
  for (const store of ["sqlite", "postgres"] as const) {
    test(`finish exports, and end feeds at once with their token, on ${store}`, async () => {
      await using postgres = store === "postgres" ? await startPostgres() : undefined;
      const database = postgres && { DATABASE_URL: await postgres.createDatabase() };
      await using server = await startWorkers({ ...patient, ...database });
      const running = [];
      for (const { worker, transport } of await server.connect()) {
        const client = createClient(DirectoryService, transport);
        if (running.length === 0) await client.importUsers(toRequests());
        const exported = client.exportUsers({})[Symbol.asyncIterator]();
        await read(exported);
        const feed = client.subscribe({ selector: ALL })[Symbol.asyncIterator]();
        const { resumeToken } = await read(feed);
        running.push({ worker, exported, feed, resumeToken });
      }
      server.process.kill("SIGTERM");
      for (const { worker, feed, resumeToken } of running) {
        const end = await endsWith(feed, Code.Unavailable, "the server is shutting down");
        assert.equal(end.resumeToken, resumeToken, `worker ${worker}`);
      }
      for (const { worker, exported } of running) {
        let count = 1;
        while (!(await exported.next()).done) count++;
        assert.equal(count, users.length, `worker ${worker}`);
      }
      assert.equal(await server.ended, 0, server.errors());
      const said = server.lines.map(({ msg }) => msg);
      assert.equal(said.filter(msg => /draining/.test(msg ?? "")).length, 1);
      assert.equal(said.at(-1), "stopped");
    });
  }

  test("take the interrupt of a terminal, which all processes get, as one signal", async () => {
    await using server = await startWorkers(patient);
    const [{ transport }] = await server.connect();
    const client = createClient(DirectoryService, transport);
    await client.importUsers(toRequests());
    const exported = client.exportUsers({})[Symbol.asyncIterator]();
    await read(exported);
    process.kill(-(server.process.pid ?? 0), "SIGINT");
    await server.line(({ msg }) => /^SIGINT: draining/.test(msg ?? ""));
    let count = 1;
    while (!(await exported.next()).done) count++;
    assert.equal(count, users.length);
    assert.equal(await server.ended, 0, server.errors());
    assert.equal(server.lines.at(-1)?.msg, "stopped");
  });

  test("cut what the first signal waits for at the second one", async () => {
    await using server = await startWorkers(patient);
    // Half a request, which a worker has taken up once it says so: it waits for the rest.
    const socket = connect(server.port, "127.0.0.1").on("error", () => undefined);
    socket.write("POST /Greeter/SayHello HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n");
    socket.write("content-type: application/json\r\ncontent-length: 9\r\n\r\n{");
    assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1\.1 100 Continue/);
    server.process.kill("SIGTERM");
    await server.line(({ msg }) => /draining/.test(msg ?? ""));
    server.process.kill("SIGTERM");
    assert.equal(await server.ended, 0, server.errors());
    assert.equal(server.lines.at(-1)?.msg, "stopped; what was left was cut");
  });

  test("take connections and serve calls for the delay, while health says that they end", async () => {
    await using server = await startWorkers({ ...patient, SHUTDOWN_DELAY_MS: "3600000" });
    server.process.kill("SIGTERM");
    await server.line(({ msg }) => /draining/.test(msg ?? ""));
    for (const { worker, transport } of await server.connect()) {
      const { status } = await createClient(Health, transport).check({});
      assert.equal(status, Status.NOT_SERVING, `worker ${worker}`);
    }
    server.process.kill("SIGTERM");
    assert.equal(await server.ended, 0, server.errors());
  });

  test("end at once where the supervisor was killed", async () => {
    await using server = await startWorkers(patient);
    server.process.kill("SIGKILL");
    await server.ended;
    assert.deepEqual(
      server.lines.filter(({ msg }) => /ended/.test(msg ?? "")),
      [],
    );
  });
});

test("SIGHUP has each worker read the certificates again", async () => {
  using certificates = await makeCertificates();
  const { certFile, keyFile, authority } = certificates;
  await using server = await startWorkers({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile });
  const renewed = await authority.server(["localhost", "127.0.0.1", "::1"]);
  writeFileSync(certFile, renewed.cert);
  writeFileSync(keyFile, renewed.key);
  process.kill(-(server.process.pid ?? 0), "SIGHUP");
  for (const worker of [1, 2]) {
    await server.line(line => line.worker === worker && line.msg === "the certificates were read again");
  }
  assert.equal(server.process.exitCode, null);
  const socket = connectTls({ port: server.port, host: "127.0.0.1", ca: authority.cert, servername: "localhost" });
  await once(socket, "secureConnect");
  socket.destroy();
});
