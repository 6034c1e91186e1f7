import assert from "node:assert/strict";
import { test } from "node:test";
import { createConcierge } from "../../client/index.ts";
import { makeFolder } from "../support/certificates.ts";
import { runCommand } from "../support/command-line.ts";
import { startServer } from "../support/server.ts";

const head = "name,email,role,age\n";
const good = Array.from({ length: 30 }, (_, index) => `U${index},u${index}@example.com,,\n`).join("");

for (const [name, text, message] of [
  [
    "rule.csv",
    `${head}${good}Bad,not-an-address,,\n`,
    'line 32: email "not-an-address" is not an address such as "ann@example.com"',
  ],
  ["role.csv", `${head}A,a@x,boss,\n`, 'line 2: role "boss" is not one of viewer, editor, admin'],
  ["age.csv", `${head}A,a@x,,1e2\n`, 'line 2: age "1e2" is not a whole number from 0 to 150'],
  ["lines.csv", `name,email,bio\n"A",a@x,"B\r\nC"\r\nC,c@x,\r\nD\r\n`, "line 5: 1 fields, not 3 as the first line has"],
  ["quote.csv", `${head}A,a@x,,\n"B,b@x,,\n`, "line 3: a quote is opened and never closed"],
  ["open.csv", `${head}A,a@x,,\n"B,b@x,,\n${good}`, "line 3: a quote is opened and never closed"],
  ["first.csv", `${head}"B,b@x,,\n${good}`, "line 2: a quote is opened and never closed"],
  ["inside.csv", `${head}A "the" B,a@x,,\n`, "line 2: a quote inside a field: put the whole field in quotes, and"],
  ["after.csv", `${head}"A "the" B",a@x,,\n`, "line 2: something follows a closing quote: a quote inside quotes is"],
  ["big.csv", `name,email,bio\nA,a@x,${"b".repeat(1_000_000)}\n`, "line 2: longer than 65536 bytes"],
  ["semicolons.csv", "name;email\nA;a@x\n", 'line 1: columns must be separated by commas, not by ";"'],
  ["latin.csv", Buffer.from(`${head}A,a@x,,\nZo\xeb,z@x,,\n`, "latin1"), "line 3: holds bytes that are not UTF-8;"],
  ["utf16.csv", Buffer.from(`\ufeff${head}`, "utf16le"), "line 1: holds bytes that are not UTF-8;"],
  ["latin.ndjson", Buffer.from('\n{"name":"Zo\xeb"}\n', "latin1"), "line 2: holds bytes that are not UTF-8;"],
  ["titles.csv", "name,mail\n", 'line 1: column "mail" is not one of name, email, role, age, bio, id, create_time'],
  ["missing.csv", "name\n", 'line 1: column "email" is missing'],
  ["json.ndjson", '{"name":"A","email":"a@x"}\n{"name":\n', "line 2: must be one JSON object: "],
  ["array.ndjson", '[{"name":"A","email":"a@x"}]\n', "line 1: must be a JSON object"],
  ["comma.ndjson", '{"name":"A","email":"a@x"},\n', "line 1: must be one JSON object: Unexpected non-whitespace"],
  ["number.ndjson", "5\n", "line 1: must be a JSON object"],
  [
    "role.ndjson",
    '{"name":"A","email":"a@x","role":"boss"}\n',
    'line 1: role "boss" is not one of viewer, editor, admin',
  ],
  ["age.ndjson", '{"name":"A","email":"a@x","age":"old"}\n', 'line 1: age: expected number (int32), got "old"'],
  ["field.ndjson", '{"name":"A","email":"a@x"}\n{"nam":"B"}\n', 'line 2: key "nam" is unknown'],
  ["gone.ndjson", '{"name":"A","email":"a@x","deleteTime":"2026-01-01T00:00:00Z"}\n', "line 1: the user is deleted"],
] as const) {
  test(`${name}: the bad line is named, and nothing is stored, not even the batches before it`, async () => {
    using folder = makeFolder();
    await using server = await startServer({ DEMO_DATA: "false" });
    folder.write(name, text);
    const options = { env: { CONCIERGE_URL: server.baseUrl }, cwd: folder.path };
    const { exitCode, stdout, stderr } = await runCommand(["users", "import", name, "--batch", "10"], options);
    assert.ok(stderr.startsWith(`error: ${name} ${message}`) && stderr.endsWith("; nothing is stored\n"), stderr);
    assert.deepEqual([exitCode, stdout], [67, ""]);
    await using client = createConcierge({ baseUrl: server.baseUrl });
    assert.deepEqual(await Array.fromAsync(client.directory.exportUsers({})), []);
  });
}
