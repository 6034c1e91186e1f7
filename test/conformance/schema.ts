import { readFileSync } from "node:fs";
import { createFileRegistry, type DescMessage, type DescService, fromBinary, type Message } from "@bufbuild/protobuf";
import { type Any, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** Where the runner puts the suite's descriptors: they are made from its own proto files, and kept out of ours. */
export const imagePath = new URL("gen/conformance.binpb", import.meta.url);

const packageName = "connectrpc.conformance.v1";

/** The suite's messages and service. Throws where the descriptors have not been generated. */
export function loadSchema() {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(imagePath)));
  function message(name: string): DescMessage {
    const found = registry.getMessage(`${packageName}.${name}`);
    if (!found) throw new Error(`no message ${packageName}.${name}`);
    return found;
  }
  const service: DescService | undefined = registry.getService(`${packageName}.ConformanceService`);
  if (!service) throw new Error(`no service ${packageName}.ConformanceService`);
  return { registry, message, service };
}

/** `Header` */
export interface Header {
  readonly name: string;
  readonly value: string[];
}

/** `Error` */
export interface SuiteError {
  readonly code: number;
  readonly message?: string;
  readonly details: { readonly typeUrl: string; readonly value: Uint8Array }[];
}

/** `UnaryResponseDefinition` */
export interface UnaryDefinition {
  readonly responseHeaders: Header[];
  readonly responseTrailers: Header[];
  readonly responseDelayMs: number;
  readonly response:
    | { readonly case: "responseData"; readonly value: Uint8Array }
    | { readonly case: "error"; readonly value: SuiteError }
    | { readonly case: undefined };
}

/** `StreamResponseDefinition` */
export interface StreamDefinition {
  readonly responseHeaders: Header[];
  readonly responseTrailers: Header[];
  readonly responseDelayMs: number;
  readonly responseData: Uint8Array[];
  readonly error?: SuiteError;
}

/** Any of the service's requests. */
export type SuiteRequest<Definition> = Message & {
  readonly responseDefinition?: Definition;
  readonly fullDuplex?: boolean;
};

/** `ServerCompatRequest`; `httpVersion` 1 is HTTP/1.1. */
export interface CompatRequest {
  readonly httpVersion: number;
  readonly useTls: boolean;
  readonly clientTlsCert: Uint8Array;
  readonly messageReceiveLimit: number;
  readonly serverCreds?: { readonly cert: Uint8Array; readonly key: Uint8Array };
}

/** `ClientCompatRequest` */
export interface ClientRequest {
  readonly testName: string;
  readonly protocol: number;
  readonly codec: number;
  readonly compression: number;
  readonly host: string;
  readonly port: number;
  readonly serverTlsCert: Uint8Array;
  readonly clientTlsCreds?: { readonly cert: Uint8Array; readonly key: Uint8Array };
  readonly messageReceiveLimit: number;
  readonly method?: string;
  /** Unary, client stream, server stream, half and full duplex, from 1. */
  readonly streamType: number;
  readonly useGetHttpMethod: boolean;
  readonly requestHeaders: Header[];
  readonly requestMessages: Any[];
  readonly timeoutMs?: number;
  readonly requestDelayMs: number;
  readonly cancel?: {
    readonly cancelTiming:
      | { readonly case: "beforeCloseSend"; readonly value: object }
      | { readonly case: "afterCloseSendMs" | "afterNumResponses"; readonly value: number }
      | { readonly case: undefined };
  };
}
