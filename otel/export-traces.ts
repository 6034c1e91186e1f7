import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider } from "@opentelemetry/sdk-trace";

/** Where spans go, and which. */
export interface ExportTracesOptions {
  /** The collector's address, without `/v1/traces`. */
  readonly endpoint: URL;
  readonly serviceName: string;
  readonly version: string;
}

/**
 * Registers OpenTelemetry's SDK for the process: spans go to a collector in batches, by OTLP over HTTP in Protobuf. What the SDK's
 * exporter reads from `OTEL_EXPORTER_OTLP_*` (headers, timeout, compression) holds as well. Disposal sends what is left.
 */
export function exportTraces({ endpoint, serviceName, version }: ExportTracesOptions): AsyncDisposable {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": serviceName, "service.version": version }),
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: url.href }) })],
  });
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return {
    async [Symbol.asyncDispose]() {
      for (const api of [trace, propagation, context]) api.disable();
      manager.disable();
      await provider.shutdown();
    },
  };
}
