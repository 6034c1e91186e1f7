import assert from "node:assert/strict";
import { test } from "node:test";
import { PathRouter, variableText } from "./path-router.ts";
import { parsePathTemplate } from "./path-template.ts";

function createRouter(...templates: readonly string[]) {
  const router = new PathRouter<string>();
  for (const template of templates) {
    const [method = "", path = ""] = template.split(" ");
    assert.equal(router.add(method, parsePathTemplate(path), template), undefined, template);
  }
  /** The template that a request leads to, with the texts of its variables. */
  return (request: string): string => {
    const [method = "", path = ""] = request.split(" ");
    const found = router.find(method, path);
    if (found === undefined) return "none";
    if ("allowed" in found) return `allowed ${found.allowed.join(" ")}`;
    const { variables } = parsePathTemplate(found.value.split(" ")[1] ?? "");
    const texts = variables.map(variable => `${variable.fieldPath}=${variableText(variable, found.segments)}`);
    return [found.value, ...texts].join(" ");
  };
}

test("a path leads to the template that says most about it", () => {
  const find = createRouter(
    "GET /v1/users",
    "POST /v1/users",
    "GET /v1/users:lookup",
    "GET /v1/users/{id}",
    "GET /v1/users/me",
    "DELETE /v1/users/{id}",
    "POST /v1/users/{id}:undelete",
    "GET /v1/{kind}/me/friends",
    "GET /v1/{name=files/**}",
    "GET /v1/{name=files/**}:read",
    "* /v1/any",
    "GET /v1/any",
    "GET /v2/**",
    "SEARCH /v1/users",
  );
  const table = {
    "GET /v1/users": "GET /v1/users",
    "SEARCH /v1/users": "SEARCH /v1/users",
    "GET /v1/users/": "none",
    "GET /v1//users": "none",
    "GET /v1": "none",
    "GET v1/users": "none",
    "GET /": "none",
    "PUT /v1/users": "allowed GET POST SEARCH",
    "GET /v1/users:lookup": "GET /v1/users:lookup",
    "GET /v1/users:other": "none",
    "GET /v1/users/me": "GET /v1/users/me",
    "DELETE /v1/users/me": "DELETE /v1/users/{id} id=me",
    "GET /v1/users/me/friends": "GET /v1/{kind}/me/friends kind=users",
    "GET /v1/users/5": "GET /v1/users/{id} id=5",
    "GET /v1/%75sers/5": "GET /v1/users/{id} id=5",
    "GET /v1/users/a%2Fb%20c": "GET /v1/users/{id} id=a/b c",
    "GET /v1/users/caf%C3%A9": "GET /v1/users/{id} id=café",
    "POST /v1/users/5:undelete": "POST /v1/users/{id}:undelete id=5",
    "POST /v1/users/a:b:undelete": "POST /v1/users/{id}:undelete id=a:b",
    "POST /v1/users/5:%75ndelete": "POST /v1/users/{id}:undelete id=5",
    "GET /v1/users/5:undelete": "GET /v1/users/{id} id=5:undelete",
    "GET /v1/users/a%3Aundelete": "GET /v1/users/{id} id=a:undelete",
    "POST /v1/users/:undelete": "allowed GET DELETE",
    "GET /v1/files": "GET /v1/{name=files/**} name=files",
    "GET /v1/files/": "GET /v1/{name=files/**} name=files/",
    "GET /v1/files/a/b%2Fc%2fd/%20": "GET /v1/{name=files/**} name=files/a/b%2Fc%2fd/ ",
    "GET /v1/files/a/b:read": "GET /v1/{name=files/**}:read name=files/a/b",
    "GET /v1/files:read": "GET /v1/{name=files/**}:read name=files",
    "GET /v1/any": "GET /v1/any",
    "PURGE /v1/any": "* /v1/any",
    "GET /v2": "GET /v2/**",
    "GET /v2/a/b": "GET /v2/**",
    "GET /v3/a": "none",
    "GET /__proto__/constructor": "none",
  };
  for (const [request, wanted] of Object.entries(table)) assert.equal(find(request), wanted, request);
});

test("two templates for the same paths are told of, whatever their variables are called", () => {
  const router = new PathRouter<string>();
  router.add("GET", parsePathTemplate("/v1/{name=users/*}"), "first");
  assert.equal(router.add("GET", parsePathTemplate("/v1/users/{id}"), "second"), "first");
  assert.equal(router.add("POST", parsePathTemplate("/v1/users/{id}"), "third"), undefined);
  assert.deepEqual(router.find("GET", "/v1/users/5"), { value: "first", segments: ["v1", "users", "5"] });
});

test("percent-encoding that is broken is no text", () => {
  const [variable] = parsePathTemplate("/{id}").variables;
  const [rest] = parsePathTemplate("/{id=**}").variables;
  assert.ok(variable && rest);
  for (const text of ["%", "%z1", "%ff", "a%2"]) {
    assert.throws(() => variableText(variable, [text]), URIError, text);
    assert.throws(() => variableText(rest, ["a", text]), URIError, text);
  }
});
