import { globSync, readFileSync } from "node:fs";
import { dirname, normalize } from "node:path";

/** The way through the house. A folder imports from itself and from what stands behind it, never from before it. */
const layers = ["listener", "lanes", "interceptors", "services", "directory", "store"];

/** The client but for its Node.js entry, with what only that uses, and its programs. */
const NEUTRAL_CLIENT = /^client\/(?!demo\/|cli\/|connection\/|index\.ts|transport-node\.ts)/;

/** What each part of the house keeps out: the domain and the stores know no wire; nobody but the root reads settings. */
const keptOut: readonly { readonly from: RegExp; readonly imports: RegExp; readonly why: string }[] = [
  { from: /^server\/(directory|store)\//, imports: /^(@connectrpc\/|@bufbuild\/|fastify|gen\/)/, why: "knows no wire" },
  { from: /^server\/directory\//, imports: /^(server\/store\/sqlite|node:sqlite)/, why: "knows no SQL" },
  { from: /^server\/auth\//, imports: /^(server\/(?!auth\/)|@connectrpc\/|fastify|gen\/)/, why: "knows tokens alone" },
  { from: /^server\/\w+\//, imports: /^server\/[\w-]+\.ts$/, why: "gets its settings as arguments" },
  { from: /^(gen|server|web-client|client)\//, imports: /^(test|bench|scripts)\//, why: "runs in production" },
  { from: /^client\/(?!demo\/|cli\/)/, imports: /^server\//, why: "runs without the server" },
  { from: NEUTRAL_CLIENT, imports: /^(node:|@connectrpc\/connect-node)/, why: "runs in browsers, too" },
  { from: /^web-client\//, imports: /^(server\/|node:)/, why: "runs in a browser" },
  { from: /^server\//, imports: /^web-client\//, why: "serves the built page alone" },
];

/** An import's target as the checks above name it: a path from the root, or a package. */
function targetOf(file: string, specifier: string): string {
  return specifier.startsWith(".") ? normalize(`${dirname(file)}/${specifier}`) : specifier;
}

/** The imports that go the wrong way in a file's text, one line each. */
export function wrongImports(file: string, text: string): string[] {
  const wrong: string[] = [];
  const layer = layers.indexOf(file.split("/")[1] ?? "");
  for (const [, specifier = ""] of text.matchAll(/^(?:import|export)\b[^;]*?["']([^"']+)["'];/gm)) {
    const target = targetOf(file, specifier);
    for (const { from, imports, why } of keptOut) {
      if (from.test(file) && imports.test(target)) wrong.push(`${file} imports ${target}, but it ${why}`);
    }
    const targetLayer = target.startsWith("server/") ? layers.indexOf(target.split("/")[1] ?? "") : -1;
    if (file.startsWith("server/") && layer >= 0 && targetLayer >= 0 && targetLayer < layer) {
      wrong.push(`${file} imports ${target}, but ${layers[layer]} stands behind ${layers[targetLayer]}`);
    }
  }
  return wrong;
}

if (import.meta.main) {
  const files = globSync(["{gen,server,client}/**/*.ts", "web-client/src/**/*.ts"]).filter(
    file => !/\.(test|fixture)\.ts$/.test(file),
  );
  const wrong = files.flatMap(file => wrongImports(file, readFileSync(file, "utf8")));
  process.stdout.write(wrong.map(line => `${line}\n`).join("") || `imports run one way in ${files.length} files\n`);
  if (wrong.length > 0) process.exitCode = 1;
}
