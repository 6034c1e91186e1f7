import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

// Compiles the package where npm installs it from its git address: there is no other step before it is packed. Installing within
// a checkout needs nothing compiled, and is told by the folder that npm was called in. JavaScript, as any Node.js runs it then.
const { INIT_CWD, npm_command: command } = process.env;
const isCheckout = INIT_CWD === undefined || resolve(INIT_CWD) === process.cwd() || command !== "install";
if (!isCheckout) execFileSync("npm", ["run", "prepack"], { stdio: "inherit" });
