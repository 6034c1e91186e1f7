import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePathTemplate } from "./path-template.ts";

/** Segments as templates write them, the verb, and the variables with their segments. */
function read(text: string): string {
  const { segments, verb, variables } = parsePathTemplate(text);
  const shown = segments.map(segment =>
    segment.kind === "literal" ? segment.text : segment.kind === "one" ? "*" : "**",
  );
  const bound = variables.map(
    ({ fieldPath, from, to, spans }) => `${fieldPath}=${from}..${to ?? ""}${spans ? " spans" : ""}`,
  );
  return `${shown.join("/")} :${verb} ${bound.join(" ")}`.trim();
}

test("a template is read as its grammar says", () => {
  const table = {
    "/v1/users": "v1/users :",
    "/v1/users/*": "v1/users/* :",
    "/v1/{id}": "v1/* : id=1..2",
    "/v1/{id=*}": "v1/* : id=1..2",
    "/v1/{user.id}/events": "v1/*/events : user.id=1..2",
    "/v1/{name=shelves/*/books/*}": "v1/shelves/*/books/* : name=1..5 spans",
    "/v1/{name=users}": "v1/users : name=1..2",
    "/v1/{path=**}": "v1/** : path=1.. spans",
    "/v1/{name=files/**}:read": "v1/files/** :read name=1.. spans",
    "/v1/users:lookup": "v1/users :lookup",
    "/v1/users/{id}:undelete": "v1/users/* :undelete id=2..3",
    "/v1/a:b/c:d:e": "v1/a:b/c:d :e",
    "/v1/caf%C3%A9": "v1/café :",
    "/v1/**": "v1/** :",
    "/{a}/{b_c=d/*}": "*/d/* : a=0..1 b_c=1..3 spans",
  };
  for (const [text, wanted] of Object.entries(table)) assert.equal(read(text), wanted, text);
});

test("what is no template is refused with the place", () => {
  const table = {
    "": /character 1: the end stands where "\/" belongs/,
    "v1/users": /character 1: "v" stands where "\/" belongs/,
    "/": /character 2: the end stands where a segment belongs/,
    "/v1/": /character 5: the end stands where a segment belongs/,
    "/v1//users": /character 5: "\/" stands where a segment belongs/,
    "/v1/{id": /character 8: the end stands where "}" belongs/,
    "/v1/{}": /character 6: "}" stands where the name of a field/,
    "/v1/{a.}": /character 7: "\." stands where "}" belongs/,
    "/v1/{a={b}}": /a variable cannot hold another one/,
    "/v1/**/users": /"\*\*" must be the last segment/,
    "/v1/{a=**}/users": /"\*\*" must be the last segment/,
    "/v1/***": /character 7: "\*" stands where the end belongs/,
    "/v1/users:": /the end stands where a verb belongs/,
    "/v1/:lookup": /a verb needs a segment before it/,
    "/v1/us ers": /character 7: " " stands where the end belongs/,
    "/v1/users?x=1": /"\?" stands where the end belongs/,
    "/v1/100%": /"%" stands where the end belongs/,
    "/v1/%ff": /no|not UTF-8/,
    "/v1/{id}x": /"x" stands where the end belongs/,
  };
  for (const [text, message] of Object.entries(table)) {
    assert.throws(() => parsePathTemplate(text), { name: "PathTemplateError", message }, text);
  }
});
