// The default export, which every Node.js has: a missing named one would end the process before the first line.
import module from "node:module";
import { fileURLToPath } from "node:url";

// As in package.json, and not imported: a Node.js that is too old reads no TypeScript.
const oldest = [24, 7];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  const remedy = "npm start brings its own along";
  process.stderr.write(
    `concierge needs Node.js ${oldest.join(".")} or later, and this is ${process.versions.node}; ${remedy}\n`,
  );
  process.exitCode = 1;
} else {
  // Code is compiled at the first start and read at the later ones: that was half of their time. It is kept beside the
  // packages, as into the system's folder for temporary files others might put theirs. The writer's thread learns of it
  // by the environment.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url));
  module.enableCompileCache();

  // What is imported statically would be compiled before; and this file is JavaScript as only a start that meets no
  // TypeScript which is not compiled yet gets by without Node's compiler for it.
  await import("./main.ts");
}
