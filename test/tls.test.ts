import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { writeDevelopmentCertificates } from "../cli/make-certificates.ts";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { makeCertificates, makeFolder } from "./support/certificates.ts";
import { startServer } from "./support/server.ts";

const main = fileURLToPath(new URL("../server/main.ts", import.meta.url));

test("all protocols call over TLS, with a client's certificate where one is wanted", async () => {
  using made = await makeCertificates();
  const client = await made.authority.client("Ada");
  for (const caFile of ["", made.caFile]) {
    await using server = await startServer({
      TLS_CERT_FILE: made.certFile,
      TLS_KEY_FILE: made.keyFile,
      TLS_CLIENT_CA_FILE: caFile,
    });
    const baseUrl = `https://localhost:${server.port}`;
    const nodeOptions = { ca: made.authority.cert, ...client };
    for (const transport of [
      createGrpcTransport({ baseUrl, nodeOptions }),
      createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions }),
      createConnectTransport({ baseUrl, httpVersion: "2", nodeOptions }),
      createGrpcWebTransport({ baseUrl, httpVersion: "1.1", nodeOptions }),
    ]) {
      const { message } = await createClient(Greeter, transport).sayHello({ name: "Ada" });
      assert.equal(message, "Hello, Ada!");
    }
  }
});

test("the lines that are printed work as they are, and SIGHUP reads the certificates again", async () => {
  using folder = makeFolder();
  await writeDevelopmentCertificates(folder.path);
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: "sqlite::memory:",
    PORT: "0",
    LOG_FORMAT: "json",
    TLS_CERT_FILE: `${folder.path}/server.pem`,
    TLS_KEY_FILE: `${folder.path}/server-key.pem`,
    TLS_CLIENT_CA_FILE: `${folder.path}/ca.pem`,
  };
  const child = spawn(process.execPath, [main], { env });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", text => {
    output += text;
  });
  const exit = once(child, "close");
  while (!output.includes("grpcurl")) await once(child.stdout, "data");
  const [, curl] = /^ {2}curl {6}(.*)$/m.exec(output) ?? [];
  assert.ok(curl);
  const { stdout } = await promisify(execFile)("sh", ["-c", `${curl.replace("curl", "curl --silent")}`]);
  assert.match(stdout, /"message":"Hello, Ada! You are 36 years old\."/);
  assert.match(output, /grpcurl -cacert \S+\/ca\.pem -cert \S+\/client\.pem -key \S+\/client-key\.pem -d/);

  folder.write("server.pem", "broken");
  child.kill("SIGHUP");
  while (!output.includes("the certificates stay as they are")) await once(child.stdout, "data");
  await writeDevelopmentCertificates(folder.path);
  child.kill("SIGHUP");
  while (!output.includes("the certificates were read again")) await once(child.stdout, "data");
  child.kill("SIGTERM");
  assert.deepEqual(await exit, [0, null]);
});

test("certificates that cannot be used end the start with exit code 1 and the file's name", async () => {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: "sqlite::memory:",
    PORT: "0",
    TLS_CERT_FILE: "/none.pem",
    TLS_KEY_FILE: "/none.pem",
  };
  const child = spawn(process.execPath, [main], { env });
  const [[code], text] = await Promise.all([once(child, "close"), child.stderr.toArray()]);
  assert.equal(code, 1);
  assert.match(text.join(""), /^TLS_CERT_FILE, .*: "\/none\.pem": cannot be read: ENOENT.*\n$/);
});
