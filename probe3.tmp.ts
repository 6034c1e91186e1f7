import { startProcess } from "./test/support/server-process.ts";
for (let i = 0; i < 3; i++) { const t = performance.now(); const s = await startProcess(0); console.log("start", performance.now() - t); await s.kill(); }
