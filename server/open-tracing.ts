import type { Tracing } from "../host/interceptors/tracing.ts";
import { readVersion } from "../host/version.ts";
import { type Config, ConfigError } from "./config/config.ts";

/** What makes spans, until it is disposed of; by then it has sent them. */
export interface OpenTracing extends AsyncDisposable {
  readonly tracing: Tracing;
}

/**
 * Makes and exports spans where a collector is set. Loads OpenTelemetry's SDK then alone, as it is two hundred modules. Rejects with
 * `ConfigError` where it is not installed.
 */
export async function openTracing(config: Config): Promise<OpenTracing | undefined> {
  const { otlpEndpoint: endpoint, serviceName, traceRatio: ratio, traceTrust: trust } = config;
  if (endpoint === undefined) return undefined;
  const [{ exportTraces }, { traceCalls }] = await load();
  const exporting = exportTraces({ endpoint, serviceName, version: readVersion() });
  // The services make no spans of their own.
  const tracing = traceCalls({ trust, ratio, suppress: false });
  return { tracing, [Symbol.asyncDispose]: () => exporting[Symbol.asyncDispose]() };
}

async function load() {
  try {
    return await Promise.all([import("../otel/export-traces.ts"), import("../otel/trace-calls.ts")]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const text =
      "OTEL_EXPORTER_OTLP_ENDPOINT: needs OpenTelemetry's packages, which are optional dependencies: install them";
    throw new ConfigError(text, { cause: error });
  }
}
