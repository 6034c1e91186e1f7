import { describeAccess } from "./access.ts";
import { createApp } from "./app.ts";
import { ConfigError, describeConfig, parseConfig, readEnv } from "./config.ts";
import { PolicyError } from "./interceptors/policy.ts";
import { CertificateError } from "./listener/certificates.ts";
import { createLogger } from "./logger.ts";
import { readyText } from "./ready-text.ts";
import { StoreOpenError } from "./store/errors.ts";

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
}

main().catch(error => {
  const known = [ConfigError, PolicyError, StoreOpenError, CertificateError].some(type => error instanceof type);
  const expected = known || error.code === "EADDRINUSE" || error.code === "EACCES";
  process.stderr.write(`${expected ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
