import type { DescFile, DescMessage, JsonValue } from "@bufbuild/protobuf";
import { type CommandCall, canonicalMessages, hostAndPort, streamsRequests } from "./command-call.ts";

/** The call as a program for Python on grpcio, with what grpcio-tools makes of the contracts. */
export function pythonProgram(call: CommandCall): string {
  const { method, deadlineMs, signedIn } = call;
  const { input, parent } = method.desc;
  const { host, isSecure } = hostAndPort(call.origin);
  const channel = isSecure
    ? `grpc.secure_channel(${text(host)}, grpc.ssl_channel_credentials())`
    : `grpc.insecure_channel(${text(host)})`;
  const metadata = metadataOf(call);
  const options = [
    ...(deadlineMs === undefined ? [] : [`timeout=${deadlineMs / 1000}`]),
    ...(metadata.length > 0 ? [`metadata=[${metadata.join(", ")}]`] : []),
  ];
  const messages = canonicalMessages(call).map(json => `ParseDict(${literal(json)}, ${classOf(input)}())`);
  const request = streamsRequests(call) ? "iter(requests)" : "request";
  const invoke = `stub.${method.name}(${[request, ...options].join(", ")})`;
  const imports = new Set([`import ${moduleOf(input.file)}_pb2`, `import ${moduleOf(parent.file)}_pb2_grpc`]);
  return `${[
    `# python -m grpc_tools.protoc -I proto --python_out=. --grpc_python_out=. ${parent.file.name}.proto`,
    ...(signedIn ? ["import os", ""] : []),
    "import grpc",
    "from google.protobuf.json_format import ParseDict",
    "",
    ...imports,
    "",
    `with ${channel} as channel:`,
    `    stub = ${moduleOf(parent.file)}_pb2_grpc.${parent.name}Stub(channel)`,
    ...(streamsRequests(call)
      ? ["    requests = [", ...messages.map(message => `        ${message},`), "    ]"]
      : [`    request = ${messages[0] ?? `${classOf(input)}()`}`]),
    ...(method.kind === "unary" || method.kind === "client_streaming"
      ? [`    print(${invoke})`]
      : [`    for reply in ${invoke}:`, "        print(reply)"]),
  ].join("\n")}\n`;
}

function metadataOf({ headers, signedIn }: CommandCall): string[] {
  const own = headers
    .filter(([name]) => name !== "authorization")
    .map(([name, value]) => `(${text(name)}, ${text(value)})`);
  return signedIn ? [...own, '("authorization", "Bearer " + os.environ["TOKEN"])'] : own;
}

/** `greeter/greeter` is the module `greeter.greeter`. */
function moduleOf({ name }: DescFile): string {
  return name.replaceAll("/", ".").replaceAll("-", "_");
}

function classOf({ typeName, file }: DescMessage): string {
  const scope = file.proto.package;
  return `${moduleOf(file)}_pb2.${scope === "" ? typeName : typeName.slice(scope.length + 1)}`;
}

/** A value of JSON as Python writes it. */
function literal(json: JsonValue): string {
  if (json === null) return "None";
  if (typeof json === "boolean") return json ? "True" : "False";
  if (typeof json === "string") return text(json);
  if (typeof json === "number") return String(json);
  if (Array.isArray(json)) return `[${json.map(literal).join(", ")}]`;
  return `{${Object.entries(json)
    .map(([name, value]) => `${text(name)}: ${literal(value)}`)
    .join(", ")}}`;
}

/** A text of JSON is one of Python: it has the same escapes. */
function text(value: string): string {
  return JSON.stringify(value);
}
