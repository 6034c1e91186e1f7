import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import { openBrowser } from "./support/browser.ts";
import { freePort } from "./support/free-port.ts";
import { axeFindings, onPage } from "./support/page.ts";
import { startServer, type TestServer } from "./support/server.ts";

let server: TestServer;
let browser: Browser;
before(async () => {
  [server, browser] = await Promise.all([startServer({ LANE: "wire" }), openBrowser()]);
});
after(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

function at(method: string, baseUrl = server.baseUrl): string {
  return `${baseUrl}/console#/${method}`;
}

function button(page: Page, name: string) {
  return page.getByRole("button", { name, exact: true });
}

function rows(page: Page, kind: string) {
  return page.locator(`.event[data-kind=${kind}]`);
}

/** Puts a message into the JSON view. */
async function writeJson(page: Page, json: unknown) {
  await page.getByRole("tab", { name: "JSON" }).click();
  const editor = page.locator(".cm-content");
  await editor.fill(JSON.stringify(json));
}

/** What stands in the JSON view. */
async function readJson(page: Page): Promise<unknown> {
  await page.getByRole("tab", { name: "JSON" }).click();
  await page.locator(".cm-content").waitFor();
  const lines = await page.locator(".cm-line").allTextContents();
  return JSON.parse(lines.join("\n"));
}

const ended = ".status[data-state=ok]";

for (const protocol of ["Connect JSON", "Connect", "gRPC-Web", "REST", "gRPC"]) {
  test(`the console makes a call of each kind over ${protocol}`, async () => {
    await onPage(browser, { url: at("greeter.Greeter/SayHello") }, async page => {
      await page.getByLabel(protocol, { exact: true }).check({ force: true });
      await page.getByLabel("name", { exact: true }).fill("Zoë");
      await page.getByLabel("age", { exact: true }).fill("36");
      await button(page, "Send").click();
      await page.locator(ended).waitFor();
      await page.locator(".json-text", { hasText: "Hello, Zoë! You are 36 years old." }).waitFor();

      await page.goto(at("greeter.Greeter/SayHelloStream"));
      await button(page, "Send").click();
      await page.locator(".json-text", { hasText: "message #5" }).waitFor();
      await page.locator(ended).waitFor();
      assert.equal(await rows(page, "received").count(), 5);

      await page.goto(at("greeter.Greeter/SayHelloToMany"));
      await writeJson(page, { name: "Ada", age: 30 });
      await button(page, "Add the one below").click();
      await writeJson(page, { name: "Bob", age: 40 });
      await button(page, "Send").click();
      await page.locator(".json-text", { hasText: "Hello to 2 people! Average age: 35.0" }).waitFor();
      assert.equal(await rows(page, "sent").count(), 2);
    });
  });
}

test("a stream both ways is sent a message at a time, and replies come meanwhile", async () => {
  await onPage(browser, { url: at("greeter.Greeter/Chat") }, async page => {
    await writeJson(page, { name: "Ada" });
    await button(page, "Send").click();
    await page.locator(".json-text", { hasText: "Ada" }).waitFor();
    await writeJson(page, { name: "Bob" });
    await button(page, "Send message").click();
    await page.locator(".json-text", { hasText: "Bob" }).waitFor();
    assert.equal(await page.locator(".status").getAttribute("data-state"), "running");
    await button(page, "Finish sending").click();
    await page.locator(ended).waitFor();
    assert.equal(await rows(page, "sent").count(), 2);
  });
});

test("by keyboard alone a method is found and called", async () => {
  await onPage(browser, { url: `${server.baseUrl}/console` }, async page => {
    await page.locator(".tree a[aria-current]").waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("greeter.greeter sayhellos");
    await page.keyboard.press("Enter");
    await page.getByLabel("name", { exact: true }).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await page.locator(ended).waitFor();
    await page.locator(".json-text", { hasText: "message #5" }).waitFor();
    await page.locator(".events").focus();
    await page.keyboard.press("Home");
    await page.locator(".detail h3", { hasText: "HelloRequest" }).waitFor();
  });
});

test("Escape cancels a stream, on the server, too", async () => {
  await using slow = await startServer({ LANE: "wire", GREETER_STREAM_INTERVAL_MS: "3600000" });
  await onPage(browser, { url: at("greeter.Greeter/SayHelloStream", slow.baseUrl) }, async page => {
    await button(page, "Send").click();
    await rows(page, "received").first().waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".status", { hasText: "canceled" }).waitFor();
    const { code } = await slow.line(line => line.method === "greeter.Greeter/SayHelloStream");
    assert.match(String(code), /^(CANCELED|ABORTED)$/);
  });
});

test("what a call is refused for stands at its fields until they change", async () => {
  const url = at("concierge.directory.v1.DirectoryService/CreateUser");
  await onPage(browser, { url, expected: /status of 400/ }, async page => {
    await writeJson(page, { user: { name: " ", email: "x" } });
    await page.getByRole("tab", { name: "Form" }).click();
    await button(page, "Send").click();
    await page.locator(".status[data-state=failed]", { hasText: "invalid_argument" }).waitFor();
    const problem = page.locator('[id="field:user.name-problem"]');
    await problem.filter({ hasText: /./ }).waitFor();
    await page.getByLabel("name", { exact: true }).fill("Ada");
    assert.equal(await problem.textContent(), "");
  });
});

test("rules of the contract are told while one types", async () => {
  await onPage(browser, { url: at("concierge.directory.v1.DirectoryService/ReportEvent") }, async page => {
    await page.getByLabel("type", { exact: true }).fill("Log in");
    await page.locator(".problem", { hasText: "must match ^[a-z]" }).waitFor();
    await page.getByLabel("type", { exact: true }).fill("login");
    await page.locator(".problem", { hasText: "must match" }).waitFor({ state: "detached" });
  });
});

test("a server that stops is told of, and calls go on once it is back", async () => {
  const port = String(await freePort());
  const first = await startServer({ LANE: "wire", PORT: port });
  const url = at("greeter.Greeter/SayHello", first.baseUrl);
  await onPage(
    browser,
    { url, expected: /ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/ },
    async page => {
      await button(page, "Send").click();
      await page.locator(ended).waitFor();
      await first[Symbol.asyncDispose]();
      await button(page, "Send").click();
      await page.locator(".status[data-state=failed]", { hasText: "unavailable" }).waitFor();
      await using _back = await startServer({ LANE: "wire", PORT: port });
      await button(page, "Send").click();
      await page.locator(ended).waitFor();
    },
  );
});

test("a token goes with calls, and neither into the address nor into storage", async () => {
  await onPage(browser, { url: at("greeter.Greeter/SayHello") }, async page => {
    await page.getByLabel("Access token").fill("secret-token");
    await page.getByLabel("name", { exact: true }).click();
    const asked = page.waitForRequest(/SayHello$/);
    await button(page, "Send").click();
    assert.equal((await asked).headers().authorization, "Bearer secret-token");
    await page.locator(ended).waitFor();
    assert.doesNotMatch(page.url(), /secret/);
    assert.equal(await page.evaluate("localStorage.length + sessionStorage.length"), 0);
  });
});

test("a token that is typed while the contracts load is kept", async () => {
  const page = await browser.newPage();
  const typed = Promise.withResolvers<void>();
  await page.route(/descriptors\.binpb$/, async route => {
    await typed.promise;
    await route.continue();
  });
  await page.goto(at("greeter.Greeter/SayHello"));
  await page.getByLabel("Access token").fill("secret-token");
  typed.resolve();
  await page.getByRole("heading", { name: "SayHello", exact: true }).waitFor();
  assert.equal(await page.getByLabel("Access token").inputValue(), "secret-token");
  await page.close();
});

test("where callers sign in the console shows the contracts to who does, and calls with their role", async () => {
  const secret = randomBytes(24).toString("base64url");
  await using closed = await startServer({ LANE: "wire", AUTH_JWT_SECRET: secret });
  const token = await mintToken({ secret: createSecret(secret), subject: "7", role: "viewer", ttlSeconds: 600 });
  const url = at("concierge.directory.v1.DirectoryService/ListUsers", closed.baseUrl);
  await onPage(browser, { url, expected: /status of 40[13]/ }, async page => {
    await page.locator("[role=alert]", { hasText: "only to those who sign in" }).waitFor();
    await page.getByLabel("Access token").fill(`Bearer ${token}`);
    await page.keyboard.press("Enter");
    await button(page, "Send").click();
    await page.locator(ended).waitFor();
    // Another page would not have the token, which is in this one's memory alone.
    await page.getByRole("link", { name: /^DeleteUser/ }).click();
    await page.getByRole("heading", { name: "DeleteUser", exact: true }).waitFor();
    await button(page, "Send").click();
    await page.locator(".status[data-state=failed]", { hasText: "permission_denied" }).waitFor();
  });
});

test("the form and the JSON each edit the other", async () => {
  await onPage(browser, { url: at("concierge.directory.v1.DirectoryService/GetUser") }, async page => {
    await page.getByRole("radio", { name: "email" }).check();
    await page.getByLabel("email", { exact: true }).last().fill("bob@example.com");
    assert.deepEqual(await readJson(page), { email: "bob@example.com" });
    await writeJson(page, { id: "7" });
    await page.getByRole("tab", { name: "Form" }).click();
    assert.equal(await page.getByRole("radio", { name: "id" }).isChecked(), true);
    assert.equal(await page.locator('[id="field:id"]').inputValue(), "7");
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [390, 1440]) {
    test(`in the ${colorScheme}, ${width} pixels wide, the console fits and axe finds nothing`, async () => {
      const options = { colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" as const };
      const url = at("concierge.directory.v1.DirectoryService/UpdateUser");
      await onPage(browser, { ...options, url, expected: /status of/ }, async page => {
        await button(page, "Send").click();
        await page.locator(".status:not([data-state=running], [data-state=idle])").waitFor();
        await page.locator(".detail").waitFor();
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
        assert.deepEqual(await axeFindings(page), []);
      });
    });
  }
}
