import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { startServer } from "./support/server.ts";

test("the console's first view is small, and its policy the page's", async () => {
  await using server = await startServer({ LANE: "wire" });
  const response = await fetch(`${server.baseUrl}/console/`);
  assert.match(response.headers.get("content-security-policy") ?? "", /^default-src 'none'; script-src 'self'; /);
  const html = await response.text();
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
  const assets = [...html.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(([, path]) => path);
  const bodies = await Promise.all(
    assets.map(async path => {
      const asset = await fetch(server.baseUrl + path);
      assert.equal(asset.headers.get("cache-control"), "public, max-age=31536000, immutable");
      return Buffer.from(await asset.arrayBuffer());
    }),
  );
  const bytes = [Buffer.from(html), ...bodies].reduce((sum, body) => sum + gzipSync(body).length, 0);
  assert.ok(assets.length >= 2 && bytes <= 60_000, `${bytes} bytes`);
});

test("where reflection is off there is no console", async () => {
  await using closed = await startServer({ LANE: "wire", REFLECTION: "off" });
  const { status } = await fetch(`${closed.baseUrl}/console/`);
  assert.equal(status, 404);
});
