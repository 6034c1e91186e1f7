import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { BinaryReader } from "@bufbuild/protobuf/wire";

/** A span as a collector gets it; ids are hex digits. */
export interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  /** 2 is a server's, 3 a client's. */
  readonly kind: number;
  /** 2 is an error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly links: readonly string[];
}

/** A stand-in for a collector: takes spans by OTLP over HTTP in Protobuf. */
export async function startCollector() {
  const spans: CollectedSpan[] = [];
  const requests: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers["content-type"]}`);
    spans.push(...readSpans(await buffer(request)));
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    spans,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Fields = Map<number, (Uint8Array | number)[]>;

/** The fields of a message by number, as bytes or numbers: https://protobuf.dev/programming-guides/encoding/ */
function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = new Map();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value = type === 2 ? reader.bytes() : type === 0 ? Number(reader.uint64()) : reader.skip(type, number).length;
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map(value => fieldsOf(value as Uint8Array));
}

function text(fields: Fields | undefined, number: number, encoding: "utf8" | "hex" = "utf8"): string {
  return Buffer.from((fields?.get(number)?.[0] ?? new Uint8Array(0)) as Uint8Array).toString(encoding);
}

/** `ExportTraceServiceRequest`, https://github.com/open-telemetry/opentelemetry-proto */
function readSpans(body: Uint8Array): CollectedSpan[] {
  return messages(fieldsOf(body), 1).flatMap(resourceSpans => {
    const [resource = new Map()] = messages(resourceSpans, 1);
    const service = String(attributesOf(resource, 1)["service.name"]);
    return messages(resourceSpans, 2).flatMap(scope => messages(scope, 2).map(span => readSpan(service, span)));
  });
}

function readSpan(service: string, span: Fields): CollectedSpan {
  return {
    service,
    traceId: text(span, 1, "hex"),
    spanId: text(span, 2, "hex"),
    parentId: text(span, 4, "hex"),
    name: text(span, 5),
    kind: (span.get(6)?.[0] ?? 0) as number,
    status: (messages(span, 15)[0]?.get(3)?.[0] ?? 0) as number,
    attributes: attributesOf(span, 9),
    links: messages(span, 13).map(link => `${text(link, 1, "hex")} ${text(link, 2, "hex")}`),
  };
}

function attributesOf(fields: Fields, number: number): Record<string, string | number> {
  return Object.fromEntries(
    messages(fields, number).map(pair => {
      const [value] = messages(pair, 2);
      return [text(pair, 1), value?.has(1) ? text(value, 1) : ((value?.get(3)?.[0] ?? 0) as number)];
    }),
  );
}
