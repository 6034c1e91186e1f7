import { once } from "node:events";
import { createSecureServer, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { type DescMessage, type DescService, type Message, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { KeyPair } from "../../cli/make-certificates.ts";
import { compileProtos } from "../../cli/schema/proto-files.ts";
import { linkFiles } from "../../cli/schema/schema.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { makeFolder } from "./certificates.ts";

/** A server of somebody else, whose contract no test's code is generated from. */
export interface ForeignServer extends AsyncDisposable {
  /** `127.0.0.1:port`, or the socket that it was to listen on. */
  readonly address: string;
  /** The names that it was called by (`:authority`), one for each call. */
  readonly authorities: readonly string[];
}

/** What it serves, and what it says of that. */
export interface ForeignOptions {
  readonly files: readonly FileDescriptorProto[];
  readonly service: string;
  /** The methods by their names in TypeScript; those that are not here are UNIMPLEMENTED. */
  readonly methods?: Readonly<Record<string, unknown>>;
  /** Files that its reflection does not have. Default: none; all of it where there is to be no reflection. */
  readonly lacking?: readonly string[] | "all";
  /** A Unix domain socket to listen on. Default: a free port of loopback. */
  readonly path?: string;
  /** A certificate with its key. Default: without TLS. */
  readonly tls?: KeyPair;
}

/** Compiles proto files of one folder, given by name and text, with all that they import. */
export async function compileTexts(texts: Readonly<Record<string, string>>): Promise<FileDescriptorProto[]> {
  using folder = makeFolder();
  for (const [name, text] of Object.entries(texts)) folder.write(name, text);
  return await compileProtos(Object.keys(texts), [folder.path], new AbortController().signal);
}

/** The bytes of a message of a type that the files declare. */
export function encode(files: readonly FileDescriptorProto[], type: string, fields: object): Uint8Array {
  const desc = linkFiles(new Map(files.map(file => [file.name, file]))).getMessage(type) as DescMessage;
  return toBinary(desc, { $typeName: type, ...fields } as Message);
}

/** Serves a service, over HTTP/2 and in all three protocols. */
export async function startForeignServer(options: ForeignOptions): Promise<ForeignServer> {
  const { files, service, methods = {}, lacking = [], path, tls } = options;
  const desc = linkFiles(new Map(files.map(file => [file.name, file]))).getService(service) as DescService;
  const routes = (router: ConnectRouter) => {
    router.service(desc, methods as Partial<ServiceImpl<DescService>>);
    if (lacking !== "all") router.service(ServerReflection, reflect(files, service, lacking));
  };
  const authorities: string[] = [];
  const adapter = connectNodeAdapter({ routes });
  const server = tls === undefined ? createServer(adapter) : createSecureServer({ ...tls }, adapter);
  server.on("request", ({ authority }) => authorities.push(authority));
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", session => sessions.add(session));
  server.listen(path === undefined ? { port: 0, host: "127.0.0.1" } : { path });
  await once(server, "listening");
  return {
    address: path ?? `127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorities,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** Tells of one file at a time, as C++ and Python do. */
function reflect(
  all: readonly FileDescriptorProto[],
  service: string,
  lacking: readonly string[],
): ServiceImpl<typeof ServerReflection> {
  const files = all.filter(({ name }) => !lacking.includes(name));
  const declares = ({ package: scope, messageType, service, extension }: FileDescriptorProto, symbol: string) =>
    [...messageType, ...service, ...extension].some(({ name }) => `${scope}.${name}` === symbol);
  return {
    async *serverReflectionInfo(requests) {
      for await (const { messageRequest } of requests) {
        if (messageRequest.case === "listServices") {
          yield { messageResponse: { case: "listServicesResponse", value: { service: [{ name: service }] } } };
          continue;
        }
        const wanted = String(messageRequest.value);
        const file = files.find(one => one.name === wanted || declares(one, wanted));
        if (file === undefined) throw new ConnectError(`${wanted} not found`, Code.NotFound);
        const bytes = toBinary(FileDescriptorProtoSchema, file);
        yield { messageResponse: { case: "fileDescriptorResponse", value: { fileDescriptorProto: [bytes] } } };
      }
    },
  };
}
