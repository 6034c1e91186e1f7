import type { DescFile, DescMessage, DescService } from "@bufbuild/protobuf";
import { type CommandCall, canonicalMessages, streamsRequests } from "./command-call.ts";

/** The call as a program for Node.js on Connect's packages, with what protoc-gen-es makes of the contracts in `./gen`. */
export function typescriptProgram(call: CommandCall): string {
  const { method, protocol, origin, deadlineMs } = call;
  const { input, parent, localName } = method.desc;
  const transport =
    protocol === "grpc"
      ? "createGrpcTransport"
      : protocol === "grpc-web"
        ? "createGrpcWebTransport"
        : "createConnectTransport";
  const settings = [
    `baseUrl: ${JSON.stringify(origin)}`,
    ...(protocol === "grpc" ? [] : ['httpVersion: "2"']),
    ...(protocol === "connect-proto" ? ["useBinaryFormat: true"] : []),
  ];
  const headers = headersOf(call);
  const options = [
    ...(headers.length > 0 ? [`headers: { ${headers.join(", ")} }`] : []),
    ...(deadlineMs === undefined ? [] : [`timeoutMs: ${deadlineMs}`]),
  ];
  const schema = `${nameOf(input)}Schema`;
  const messages = canonicalMessages(call).map(json => `fromJson(${schema}, ${JSON.stringify(json)})`);
  const request = streamsRequests(call) ? "requests()" : (messages[0] ?? "{}");
  const invoke = `client.${localName}(${[request, ...(options.length > 0 ? [`{ ${options.join(", ")} }`] : [])].join(", ")})`;
  return `${[
    'import { fromJson } from "@bufbuild/protobuf";',
    'import { createClient } from "@connectrpc/connect";',
    `import { ${transport} } from "@connectrpc/connect-node";`,
    ...importsOf(parent, input),
    "",
    `const client = createClient(${nameOf(parent)}, ${transport}({ ${settings.join(", ")} }));`,
    ...(streamsRequests(call)
      ? ["", "async function* requests() {", ...messages.map(message => `  yield ${message};`), "}", ""]
      : []),
    ...(method.kind === "unary" || method.kind === "client_streaming"
      ? [`console.log(await ${invoke});`]
      : [`for await (const reply of ${invoke}) console.log(reply);`]),
  ].join("\n")}\n`;
}

function headersOf({ headers, signedIn }: CommandCall): string[] {
  const own = headers
    .filter(([name]) => name !== "authorization")
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the program's own template
  return signedIn ? [...own, "authorization: `Bearer ${process.env.TOKEN}`"] : own;
}

/** As protoc-gen-es names it: names within names are joined by an underscore. */
function nameOf({ typeName, file }: DescMessage | DescService): string {
  const scope = file.proto.package;
  return (scope === "" ? typeName : typeName.slice(scope.length + 1)).replaceAll(".", "_");
}

function importsOf(service: DescService, input: DescMessage): string[] {
  const names = new Map<string, string[]>([[moduleOf(service.file), [nameOf(service)]]]);
  const module = moduleOf(input.file);
  names.set(module, [...(names.get(module) ?? []), `${nameOf(input)}Schema`]);
  return [...names].map(([from, list]) => `import { ${list.join(", ")} } from ${JSON.stringify(from)};`);
}

function moduleOf({ name }: DescFile): string {
  return name.startsWith("google/protobuf/") ? "@bufbuild/protobuf/wkt" : `./gen/${name}_pb.js`;
}
