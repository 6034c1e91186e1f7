import { describeAccess } from "./access.ts";
import { createApp } from "./app.ts";
import { describeConfig, parseConfig, readEnv } from "./config.ts";
import { createLogger } from "./logger.ts";
import { readyText } from "./ready-text.ts";
import { describeStartProblem } from "./start-problem.ts";

async function main() {
  if (process.argv.includes("--help")) {
    process.stdout.write(`Serves Concierge. Environment variables:\n\n${describeConfig()}\n`);
    return;
  }
  const config = parseConfig(readEnv());
  const log = createLogger(config);
  await using app = await createApp(config, log);
  process.stdout.write(readyText(await app.listen(), config) + describeAccess(config));
  // Without TLS the signal ends the process, as it does by default.
  if (config.tlsCertFile) process.on("SIGHUP", app.reloadCertificates);

  const { promise: signalled, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let signals = 0;
  // Listens for good: between two listeners a signal would end the process at once.
  function hear(signal: NodeJS.Signals) {
    if (signals++ === 0) resolve(signal);
    else app.abort();
  }
  for (const name of ["SIGTERM", "SIGINT"]) process.on(name, hear);
  const longest = config.shutdownDelayMs + config.shutdownGraceMs;
  log.info(`${await signalled}: draining for up to ${longest} ms, a second signal cuts that short`);
  await app.close();
  log.info(signals > 1 ? "stopped; what was left was cut" : "stopped");
}

main().catch(error => {
  process.stderr.write(`${describeStartProblem(error)}\n`);
  process.exitCode = 1;
});
