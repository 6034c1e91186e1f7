import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Code is compiled at the first start and read at the later ones: that was half of their time. It is kept beside the
// packages, as into the system's folder for temporary files others might put theirs. The writer's thread learns of it
// by the environment.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url));
enableCompileCache();

// What is imported statically would be compiled before; and this file is JavaScript as only a start that meets no
// TypeScript which is not compiled yet gets by without Node's compiler for it.
await import("./main.ts");
