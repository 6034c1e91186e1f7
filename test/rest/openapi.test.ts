import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromBinary, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { parse } from "yaml";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { createSecret } from "../../host/auth/keys.ts";
import { mintToken } from "../../host/auth/mint-token.ts";
import { startServer, testLane } from "../support/server.ts";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly examples?: Readonly<Record<string, { readonly value: JsonValue }>>;
}
interface Media {
  readonly examples?: Readonly<Record<string, { readonly value: JsonValue }>>;
}
type Operation = JsonObject;
type Document = JsonObject;

const methods = ["get", "put", "post", "delete", "patch"] as const;

async function fetchDocument(baseUrl: string, path = "/openapi.json"): Promise<Document> {
  const response = await fetch(`${baseUrl}${path}`);
  assert.equal(response.status, 200);
  return (await response.json()) as Document;
}

/** Every operation of a document, with its method and path. */
function operationsOf({ paths }: Document) {
  return Object.entries(paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
    methods.flatMap(method => (item[method] ? [{ method, path, operation: item[method] }] : [])),
  );
}

function contentOf(of: unknown): Media | undefined {
  return (of as { content?: Record<string, Media> } | undefined)?.content?.["application/json"];
}

/** The request that an example's parts make. */
function requestOf(method: string, path: string, operation: Operation, name: string): [string, RequestInit] {
  const query = new URLSearchParams();
  let url = path;
  for (const parameter of operation.parameters as unknown as Parameter[]) {
    const value = parameter.examples?.[name]?.value;
    if (value === undefined) continue;
    if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(String(value)));
    else for (const each of [value].flat()) query.append(parameter.name, String(each));
  }
  const body = contentOf(operation.requestBody)?.examples?.[name]?.value;
  const init: RequestInit = { method: method.toUpperCase() };
  if (body !== undefined) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  return [query.size > 0 ? `${url}?${query}` : url, init];
}

/** When something was changed is another time for each run, and so is its etag; the demo's own users are as old as they are. */
function withoutTimes(json: JsonValue): JsonValue {
  const isChanged = !/"updateTime":"2025-10-29/.test(JSON.stringify(json));
  return JSON.parse(JSON.stringify(json), (key, value) => {
    const isNew =
      typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !value.startsWith("2025-10-29");
    return isNew || (isChanged && key === "etag") ? "(of then)" : value;
  });
}

test("every example of the document is answered as it says", async () => {
  await using described = await startServer();
  let count = 0;
  for (const { method, path, operation } of operationsOf(await fetchDocument(described.baseUrl))) {
    const examples = contentOf((operation.responses as JsonObject)["200"])?.examples ?? {};
    for (const [name, { value }] of Object.entries(examples)) {
      // One that changes something is about a directory that is new.
      await using fresh = method === "get" ? undefined : await startServer();
      const [url, init] = requestOf(method, path, operation, name);
      const response = await fetch((fresh ?? described).baseUrl + url, init);
      const what = `${init.method} ${url}`;
      const text = await response.text();
      assert.equal(response.status, 200, `${what}: ${text}`);
      assert.deepEqual(withoutTimes(JSON.parse(text)), withoutTimes(value), what);
      count++;
    }
  }
  assert.equal(count, 11);
});

test("the document has every rule of the contracts, and their comments", async () => {
  await using server = await startServer();
  const document = await fetchDocument(server.baseUrl);
  assert.equal(document.openapi, "3.2.0");
  const directory = operationsOf(document).filter(
    ({ operation }) => operation.tags?.toString() === DirectoryService.typeName,
  );
  assert.deepEqual(directory.map(({ method, path }) => `${method} ${path}`).sort(), [
    "delete /v1/users/{id}",
    "get /v1/users",
    "get /v1/users/{id}",
    "get /v1/users:batchGet",
    "get /v1/users:export",
    "get /v1/users:lookup",
    "get /v1/users:subscribe",
    "patch /v1/users/{id}",
    "post /v1/users",
    "post /v1/users/{id}:undelete",
    "post /v1/users/{user_id}/events",
    "post /v1/users:import",
  ]);
  const ids = operationsOf(document).map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
  const { schemas } = document.components as { schemas: Record<string, { properties: Record<string, JsonObject> }> };
  const { age, email } = schemas["concierge.directory.v1.User"]?.properties ?? {};
  assert.deepEqual(age, { type: "integer", format: "int32", minimum: 0, maximum: 150, description: "Years." });
  assert.match(String(email?.description), /^Unique among the users that are not deleted/);
  assert.equal(email?.maxLength, 254);
});

test("the document is had in YAML, in 3.1, and not again while it is the same", async () => {
  await using server = await startServer();
  const document = await fetchDocument(server.baseUrl);
  const yaml = await fetch(`${server.baseUrl}/openapi.yaml`);
  assert.equal(yaml.headers.get("content-type"), "application/yaml");
  assert.deepEqual(parse(await yaml.text()), document);
  assert.equal((await fetchDocument(server.baseUrl, "/openapi.json?version=3.1")).openapi, "3.1.1");
  assert.equal((await fetch(`${server.baseUrl}/openapi.json?version=2`)).status, 400);
  const first = await fetch(`${server.baseUrl}/openapi.json`);
  const etag = first.headers.get("etag") ?? "";
  const again = await fetch(`${server.baseUrl}/openapi.json`, { headers: { "if-none-match": etag } });
  assert.deepEqual([again.status, await again.text()], [304, ""]);
});

test("the contracts are had as they are committed, with their comments", async () => {
  await using server = await startServer();
  const response = await fetch(`${server.baseUrl}/descriptors.binpb`);
  const set = fromBinary(FileDescriptorSetSchema, new Uint8Array(await response.arrayBuffer()));
  const bytes = readFileSync(new URL("../../gen/descriptors.binpb", import.meta.url));
  const committed = fromBinary(FileDescriptorSetSchema, new Uint8Array(bytes)).file;
  const told = new Set(set.file.map(({ name }) => name));
  assert.deepEqual(
    set.file,
    committed.filter(({ name }) => told.has(name)),
  );
  // Of services that are not served to everybody, or not on this lane, nothing is told.
  const untold = committed.map(({ name }) => name).filter(name => !told.has(name));
  const relay = testLane === "wire" ? [] : ["concierge/console/v1/console.proto"];
  assert.deepEqual(untold, ["concierge/admin/v1/admin.proto", ...relay]);
  const file = set.file.find(({ name }) => name === "concierge/directory/v1/directory.proto");
  assert.ok(file?.sourceCodeInfo?.location.some(({ leadingComments }) => leadingComments.includes("a live feed")));
});

test("the document is as closed as reflection, and says who may call what", async () => {
  const secret = "of thirty-two bytes, or of more than that";
  const auth = { AUTH_JWT_SECRET: secret };
  await using closed = await startServer(auth);
  assert.equal((await fetch(`${closed.baseUrl}/openapi.json`)).status, 401);
  const token = await mintToken({ secret: createSecret(secret), subject: "a", role: "viewer", ttlSeconds: 3600 });
  const response = await fetch(`${closed.baseUrl}/openapi.json`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-cache");
  const document = (await response.json()) as Document;
  const operations = new Map(operationsOf(document).map(({ operation }) => [String(operation.operationId), operation]));
  const { security, responses, ...rest } =
    operations.get("concierge.directory.v1.DirectoryService.DeleteUser") ?? assert.fail();
  assert.deepEqual([security, rest["x-required-role"]], [[{ bearer: [] }], "admin"]);
  assert.ok(Object.hasOwn(responses as object, "403"));
  assert.deepEqual(operations.get("greeter.Greeter.SayHello")?.security, []);

  await using open = await startServer({ ...auth, REFLECTION: "on" });
  assert.equal((await fetch(`${open.baseUrl}/openapi.json`)).status, 200);
  await using off = await startServer({ REFLECTION: "off" });
  assert.equal((await fetch(`${off.baseUrl}/openapi.json`)).status, 404);
});
