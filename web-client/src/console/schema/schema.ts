import {
  createFileRegistry,
  type DescMethod,
  type DescService,
  type FileRegistry,
  fromBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type Comments, readComments } from "../../../../protocol/comments.ts";
import { type Binding, type Example, type MethodOptions, readMethodOptions } from "./method-options.ts";

/** Which sides send more than one message. */
export type MethodKind = DescMethod["methodKind"];

/** A method as the console shows it. */
export interface Method {
  /** As it is called: `greeter.Greeter/SayHello`. */
  readonly path: string;
  readonly name: string;
  readonly service: string;
  readonly kind: MethodKind;
  readonly desc: DescMethod;
  /** What the contract says above it; empty where the host has no comments. */
  readonly comment: string;
  /** The least role, in lower case: `public`, `viewer`, …; unset where the contract has no policy. */
  readonly role: string | undefined;
  /** Whether callers below the role may ask about themselves. */
  readonly self: boolean;
  /** Whether the method has no side effects, so that its calls may be repeated and cached. */
  readonly safe: boolean;
  /** The field of the request that tells calls apart, as the contract spells it. */
  readonly requestIdField: string | undefined;
  /** Plain HTTP, the main rule first; empty where the method has no rule. */
  readonly bindings: readonly Binding[];
  readonly examples: readonly Example[];
}

/** A service with its methods, in the contract's order. */
export interface Service {
  readonly name: string;
  readonly comment: string;
  readonly methods: readonly Method[];
}

/** All that a server says of its contracts. */
export interface Schema {
  readonly registry: FileRegistry;
  /** By name; the host's own services come last. */
  readonly services: readonly Service[];
  /** By path. */
  readonly methods: ReadonlyMap<string, Method>;
  readonly comments: Comments;
}

/** Services of every host, which a reader looks for last. */
const ownServices = /^(grpc\.(health|reflection)\.|concierge\.(console|openapi|admin)\.)/;

/** Reads a serialized `google.protobuf.FileDescriptorSet`. Throws where the bytes are none, or where files are missing. */
export function readSchema(bytes: Uint8Array): Schema {
  const set = fromBinary(FileDescriptorSetSchema, bytes);
  const registry = createFileRegistry(set);
  const comments = readComments(set);
  const options = readMethodOptions(registry);
  const services = [...registry]
    .filter(desc => desc.kind === "service")
    .map(desc => toService(desc, comments, options))
    .sort((a, b) => Number(ownServices.test(a.name)) - Number(ownServices.test(b.name)) || compare(a.name, b.name));
  const methods = new Map(services.flatMap(service => service.methods).map(method => [method.path, method]));
  return { registry, services, methods, comments };
}

function toService(desc: DescService, comments: Comments, options: (method: DescMethod) => MethodOptions): Service {
  return {
    name: desc.typeName,
    comment: comments(desc.typeName),
    methods: desc.methods.map(method => ({
      path: `${desc.typeName}/${method.name}`,
      name: method.name,
      service: desc.typeName,
      kind: method.methodKind,
      desc: method,
      comment: comments(`${desc.typeName}.${method.name}`),
      ...options(method),
    })),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
