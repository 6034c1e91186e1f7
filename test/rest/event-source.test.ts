import assert from "node:assert/strict";
import { test } from "node:test";
import { openBrowser, pageTimeoutMs } from "../support/browser.ts";
import { makeFolder } from "../support/certificates.ts";
import { freePort } from "../support/free-port.ts";
import { startServer } from "../support/server.ts";
import { askOverHttp1 } from "./ask.ts";

/** What the page notes of its stream. */
interface Noted {
  readonly users: string[];
  readonly statuses: string[];
}

test("a browser's EventSource goes on by itself across a restart of the server, none missing and none twice", async () => {
  using folder = makeFolder();
  const env = { PORT: String(await freePort()), DATABASE_URL: `sqlite:${folder.path}/users.db`, DEMO_DATA: "false" };
  let created = 0;
  async function create(baseUrl: string, count: number) {
    for (let n = 0; n < count; n++) {
      created++;
      const body = { name: `user ${created}`, email: `u${created}@x.y` };
      assert.equal((await askOverHttp1(baseUrl, "/v1/users", { method: "POST", body })).status, 200);
    }
  }
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(pageTimeoutMs);
    const seen = (count: number) =>
      page.waitForFunction(wanted => (globalThis as unknown as Noted).users.length >= wanted, count);
    {
      await using server = await startServer(env);
      // Any page of the server's will do; this one runs nothing of its own.
      await page.goto(`${server.baseUrl}/livez`);
      await page.evaluate(() => {
        const noted = Object.assign(globalThis, { users: [] as string[], statuses: [] as string[] });
        const source = new EventSource("/v1/users:subscribe?selector.all=true&start=START_EARLIEST");
        source.onmessage = ({ data }) => {
          for (const { userId } of JSON.parse(data).transaction?.events ?? []) noted.users.push(userId);
        };
        source.addEventListener("status", event => {
          const { data } = event as unknown as { data: string };
          noted.statuses.push(JSON.parse(data).error?.status);
        });
      });
      await create(server.baseUrl, 3);
      await seen(3);
      await create(server.baseUrl, 2);
    }
    await using server = await startServer(env);
    await create(server.baseUrl, 3);
    await seen(created);
    const noted = await page.evaluate(() => {
      const { users, statuses } = globalThis as unknown as Noted;
      return { users, statuses };
    });
    assert.deepEqual(
      noted.users,
      Array.from({ length: created }, (_, n) => String(n + 1)),
    );
    assert.deepEqual(noted.statuses, ["UNAVAILABLE"]);
  } finally {
    await browser.close();
  }
});
