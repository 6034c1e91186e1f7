import assert from "node:assert/strict";
import { test } from "node:test";
import { fastify } from "fastify";
import { lazySchemas, ownSchemas } from "./lazy-schemas.ts";

test("schemas of a route hold as Fastify's own, those of headers in any case", async t => {
  const app = fastify({ schemaController: lazySchemas });
  t.after(() => app.close());
  ownSchemas(app);
  const headers = { type: "object", required: ["X-Shelf"], properties: { "X-Shelf": { type: "integer" } } };
  const reply = { type: "object", properties: { shelf: { type: "string" } } };
  app.get("/", { schema: { headers, response: { 200: reply } } }, ({ headers: { "x-shelf": shelf } }) => ({ shelf }));
  assert.equal((await app.inject({ url: "/", headers: { "x-shelf": "7" } })).body, '{"shelf":"7"}');
  assert.equal((await app.inject({ url: "/", headers: { "x-shelf": "seven" } })).statusCode, 400);
  assert.equal((await app.inject({ url: "/" })).statusCode, 400);
});
