import type { DescMethod } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { ProtocolName } from "../../protocol/wire-format.ts";
import { codeName, isServerError } from "../interceptors/call-end.ts";
import { ok } from "../lanes/call-meter.ts";
import { codeNumbers, MethodMeter, protocols } from "./method-meter.ts";
import type { DurationSample, Family, Labels, Sample } from "./text.ts";

/** What a method that is not served is called: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/ */
export const otherMethod = "_OTHER";

/** The same of what OpenTelemetry calls systems: it knows gRPC and Connect. */
const systems: readonly { readonly name: string; readonly protocols: readonly ProtocolName[] }[] = [
  { name: "grpc", protocols: ["grpc", "grpc-web"] },
  { name: "connectrpc", protocols: ["connect"] },
  { name: "rest", protocols: ["rest"] },
];

/** The calls of all methods of a host. */
export class CallMetrics {
  readonly #meters = new Map<DescMethod, MethodMeter>();
  /** Calls of methods that are not served: one series, as clients may make up any number of names. */
  readonly other = new MethodMeter({ service: otherMethod, name: otherMethod, kind: "unary" });

  /** The meter of a method: the same one each time. */
  readonly meterOf = (method: DescMethod): MethodMeter => {
    let meter = this.#meters.get(method);
    if (meter === undefined) {
      const { name, parent, methodKind: kind } = method;
      meter = new MethodMeter({ service: parent.typeName, name, kind });
      this.#meters.set(method, meter);
    }
    return meter;
  };

  /** All meters, that of methods which are not served last. */
  get meters(): MethodMeter[] {
    return [...this.#meters.values(), this.other];
  }

  /** Everything as Prometheus reads it. */
  families(): Family[] {
    const { meters } = this;
    return [...middlewareFamilies(meters), otelFamily(meters), ...ownFamilies(meters)];
  }
}

/** What github.com/grpc-ecosystem/go-grpc-middleware tells, by the same names: dashboards and alerts for those are many. */
function middlewareFamilies(meters: readonly MethodMeter[]): Family[] {
  const one = (value: (meter: MethodMeter) => number): Sample[] =>
    meters.map(meter => ({ labels: middlewareLabels(meter), value: value(meter) }));
  return [
    counter(
      "grpc_server_started_total",
      "Calls that began.",
      one(meter => meter.started),
    ),
    counter("grpc_server_handled_total", "Calls that ended, by code.", meters.flatMap(handled)),
    counter(
      "grpc_server_msg_received_total",
      "Messages of requests.",
      one(meter => meter.messagesReceived),
    ),
    counter(
      "grpc_server_msg_sent_total",
      "Messages of replies.",
      one(meter => meter.messagesSent),
    ),
    {
      name: "grpc_server_handling_seconds",
      help: "From a call's headers to its end; a stream's whole life.",
      type: "histogram",
      values: meters.map(meter => ({ labels: middlewareLabels(meter), durations: meter.all })),
    },
  ];
}

function handled(meter: MethodMeter): Sample[] {
  return codeNumbers.map(code => ({
    labels: { ...middlewareLabels(meter), grpc_code: code === ok ? "OK" : (Code[code] ?? "Unknown") },
    value: meter.countOf(code),
  }));
}

const kinds: Readonly<Record<DescMethod["methodKind"], string>> = {
  unary: "unary",
  client_streaming: "client_stream",
  server_streaming: "server_stream",
  bidi_streaming: "bidi_stream",
};

function middlewareLabels({ method: { service, name, kind } }: MethodMeter): Labels {
  return { grpc_type: kinds[kind], grpc_service: service, grpc_method: name };
}

/** `rpc.server.call.duration`, https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/ */
function otelFamily(meters: readonly MethodMeter[]): Family {
  const values: DurationSample[] = [];
  for (const meter of meters) {
    for (const { name, protocols } of systems) {
      for (const code of codeNumbers) {
        const durations = meter.withCode(code, protocols);
        if (durations) values.push({ labels: otelLabels(meter, name, code), durations });
      }
    }
  }
  return {
    name: "rpc_server_call_duration_seconds",
    help: "Duration of inbound calls, by OpenTelemetry's conventions.",
    type: "histogram",
    values,
  };
}

function otelLabels(meter: MethodMeter, rpc_system_name: string, code: number): Labels {
  const status = codeText(code);
  return {
    rpc_system_name,
    rpc_method: fullName(meter),
    rpc_status_code: status,
    ...(isServerError(code) && { error_type: status }),
  };
}

/** What the others do not tell: protocols, calls that run, and how long a stream's first message takes. */
function ownFamilies(meters: readonly MethodMeter[]): Family[] {
  return [
    counter("concierge_calls_total", "Calls that ended, by protocol and code.", meters.flatMap(seen)),
    {
      name: "concierge_calls_in_flight",
      help: "Calls that run now; streams that are open, where kind is not unary.",
      type: "gauge",
      values: meters.map(meter => ({ labels: ownLabels(meter), value: meter.inFlight })),
    },
    {
      name: "concierge_stream_first_message_seconds",
      help: "From a stream's headers to the first message of its reply.",
      type: "histogram",
      values: meters.flatMap(meter => {
        const { firstMessages: durations } = meter;
        return durations ? [{ labels: ownLabels(meter), durations }] : [];
      }),
    },
  ];
}

/** Those of each protocol that went well, from the start, and of others those that there were. */
function seen(meter: MethodMeter): Sample[] {
  return protocols.flatMap(protocol =>
    codeNumbers.flatMap(code => {
      const count = meter.of(protocol, code)?.count;
      if (count === undefined && code !== ok) return [];
      return [{ labels: { ...ownLabels(meter), protocol, code: codeText(code) }, value: count ?? 0 }];
    }),
  );
}

function ownLabels(meter: MethodMeter): Labels {
  return { method: fullName(meter), kind: meter.method.kind };
}

function fullName({ method: { service, name } }: MethodMeter): string {
  return service === otherMethod ? otherMethod : `${service}/${name}`;
}

function codeText(code: number): string {
  return code === ok ? "OK" : codeName(code);
}

function counter(name: string, help: string, values: Sample[]): Family {
  return { name, help, type: "counter", values };
}
