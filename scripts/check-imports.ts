import { globSync, readFileSync } from "node:fs";
import { dirname, normalize } from "node:path";
import { findCircles } from "./find-circles.ts";

/** The wings, and which of them each may import. `gen` is what the contracts say, and open to all but the engine. */
const wings: Readonly<Record<string, readonly string[]>> = {
  "web-client": ["client", "protocol", "gen"],
  cli: ["client", "server", "host", "gen"],
  server: ["host", "otel", "gen"],
  otel: ["host", "protocol", "gen"],
  host: ["protocol", "http2", "gen"],
  client: ["protocol", "http2", "gen"],
  protocol: ["gen"],
  http2: [],
  gen: [],
};

/**
 * The rooms of the wings that are divided, and which rooms of its own wing each may import. A wing's own files (`host`,
 * `server`) put the rooms together and may import each; `host/served.ts` is what a service on the host looks like.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  "host/listener": ["host/http1", "host/http2-bridge", "host/lanes", "host/interceptors"],
  "host/http1": ["host/lanes"],
  "host/rest": ["host/lanes", "host/interceptors"],
  "host/openapi": ["host/rest", "host/auth", "host/served.ts"],
  "host/lanes": ["host/http2-bridge", "host/interceptors"],
  "host/http2-bridge": ["host/interceptors"],
  "host/interceptors": ["host/auth"],
  "host/settings": ["host/auth", "host/interceptors", "host/listener"],
  "host/auth": [],
  "host/metrics": ["host/rest", "host/lanes", "host/listener", "host/interceptors"],
  "host/admin": ["host/metrics", "host/lanes", "host/listener", "host/interceptors", "host/served.ts"],
  "host/health": [],
  "host/reflection": ["host/served.ts"],
  "host/served.ts": ["host/health"],
  "host/console": ["host/fastify", "host/lanes", "host/interceptors", "host/auth", "host/served.ts"],
  "host/fastify": ["host/listener", "host/lanes", "host/interceptors"],
  "server/config": [],
  "server/process": ["server/config", "server/store"],
  "server/workers": ["server", "server/config", "server/process", "server/store"],
  "server/services": ["server/directory", "server/store"],
  "server/directory": ["server/store"],
  "server/store": [],
};

/** The client but for its Node.js entry, with what only that uses. */
const NEUTRAL_CLIENT = /^client\/(?!connection\/|wire\/|index\.ts|node-endpoint\.ts|transport-node\.ts)/;

/** What each part of the house keeps out, packages among it. */
const keptOut: readonly { readonly from: RegExp; readonly imports: RegExp; readonly why: string }[] = [
  {
    from: /^server\/(directory|store)\//,
    imports: /^(@connectrpc\/|@bufbuild\/|fastify|gen\/|host\/)/,
    why: "knows no wire",
  },
  { from: /^server\/directory\//, imports: /^(server\/store\/(sqlite|postgres)|node:sqlite)/, why: "knows no SQL" },
  { from: /^(?!server\/store\/postgres\/)/, imports: /^pg(\/|$)/, why: "is no part of the driver of PostgreSQL" },
  { from: /^server\/store\/postgres\//, imports: /^(server\/store\/sqlite|node:sqlite)/, why: "is the other driver" },
  { from: /^server\/store\/sqlite\//, imports: /^server\/store\/postgres/, why: "is the other driver" },
  {
    from: /^host\/auth\/(?!caller|policy|refusal)/,
    imports: /^(@connectrpc\/|fastify|gen\/)/,
    why: "knows tokens alone",
  },
  { from: /^(?!otel\/)/, imports: /^@opentelemetry\//, why: "makes no spans" },
  { from: /^http2\//, imports: /^(@|fastify|node:http)/, why: "is an engine of its own" },
  {
    from: /^client\/wire\/balance\/(picker|outliers|subset|server-list)\.ts$/,
    imports: /^(client\/|node:(?!crypto|net$)|gen\/)/,
    why: "decides without connections",
  },
  { from: NEUTRAL_CLIENT, imports: /^(node:|@connectrpc\/connect-node)/, why: "runs in browsers, too" },
  { from: /^web-client\//, imports: /^node:/, why: "runs in a browser" },
  {
    from: /^(gen|protocol|http2|host|otel|server|web-client|client|cli)\//,
    imports: /^(test|bench|scripts)\//,
    why: "runs in production",
  },
];

/** The room that a file is in: a folder of a divided wing, or the wing. */
export function roomOf(file: string): string {
  const [wing = "", second = ""] = file.split("/");
  for (const room of [`${wing}/${second}`, file]) if (room in rooms) return room;
  return wing;
}

/** What a file imports, statically and later, as paths from the root or names of packages. */
export function importsOf(file: string, text: string): string[] {
  const statements = text.matchAll(/^(?:import|export)\b[^;]*?["']([^"']+)["'];|\bimport\(\s*["']([^"']+)["']/gm);
  return [...statements].map(([, early, late]) => {
    const specifier = early ?? late ?? "";
    return specifier.startsWith(".") ? normalize(`${dirname(file)}/${specifier}`) : specifier;
  });
}

/** The imports that go the wrong way in a file's text, one line each. */
export function wrongImports(file: string, text: string): string[] {
  return importsOf(file, text).flatMap(target => {
    const why = whyWrong(file, target) ?? keptOut.find(rule => rule.from.test(file) && rule.imports.test(target))?.why;
    return why === undefined ? [] : [`${file} imports ${target}, but it ${why}`];
  });
}

function whyWrong(file: string, target: string): string | undefined {
  const from = roomOf(file);
  const to = roomOf(target);
  const [wing = ""] = from.split("/");
  const [targetWing = ""] = to.split("/");
  if (from === to || !(wing in wings) || !(targetWing in wings)) return undefined;
  if (wing !== targetWing) {
    return wings[wing]?.includes(targetWing)
      ? undefined
      : `may import ${wings[wing]?.join(", ") || "no other wing"} alone`;
  }
  if (from === wing) return undefined;
  return rooms[from]?.includes(to) ? undefined : `may import ${rooms[from]?.join(", ") || "no other room"} alone`;
}

/** The arrows between rooms, as Mermaid draws them: each once, from those who import to those who are imported. */
export function draw(graph: ReadonlyMap<string, readonly string[]>): string {
  const arrows = new Set<string>();
  for (const [file, targets] of graph) {
    for (const target of targets.filter(name => graph.has(name))) {
      const [from, to] = [roomOf(file), roomOf(target)];
      // What all but the engine import would hide the rest.
      if (from !== to && to !== "gen") arrows.add(`  ${from} --> ${to}`);
    }
  }
  return ["```mermaid", "flowchart LR", ...[...arrows].sort(), "```"].join("\n");
}

/** The imports of every file that runs in production, tests and fixtures left out. */
function readHouse(): Map<string, string[]> {
  const files = globSync(["{gen,protocol,http2,host,otel,server,client,cli}/**/*.ts", "web-client/src/**/*.{ts,tsx}"]);
  const inProduction = files.filter(file => !/\.(test|fixture)\.ts$/.test(file)).sort();
  return new Map(inProduction.map(file => [file, importsOf(file, readFileSync(file, "utf8"))]));
}

if (import.meta.main) {
  const graph = readHouse();
  const picture = draw(graph);
  if (process.argv.includes("--draw")) process.stdout.write(`${picture}\n`);
  else {
    const wrong = [...graph.keys()].flatMap(file => wrongImports(file, readFileSync(file, "utf8")));
    for (const circle of findCircles(graph)) wrong.push(`a circle of imports: ${circle.join(" → ")}`);
    if (!readFileSync("docs/architecture.md", "utf8").includes(picture)) {
      wrong.push("docs/architecture.md has another picture than `npm run imports -- --draw` draws");
    }
    process.stdout.write(wrong.map(line => `${line}\n`).join("") || `imports run one way in ${graph.size} files\n`);
    if (wrong.length > 0) process.exitCode = 1;
  }
}
