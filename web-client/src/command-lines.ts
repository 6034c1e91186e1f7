import { create, toJsonString } from "@bufbuild/protobuf";
import { HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { printfBytes, shellQuote, shellWord } from "./shell-words.ts";

/** A call to `greeter.Greeter`, as the fields of the page describe it. */
export interface GreetCall {
  method: "SayHello" | "SayHelloStream";
  name: string;
  /** Years; 0 means unknown and is left out, as proto3 JSON does. */
  age: number;
  /** Milliseconds; no deadline when absent. */
  deadlineMs: number | undefined;
  /** Sends the token in the shell's variable TOKEN; the token itself is a secret and never shown. */
  signedIn: boolean;
  /** Scheme, host and port of the service: `http://localhost:50051`. */
  origin: string;
}

/** In double quotes, so that the shell puts the token in. */
const BEARER = '"authorization: Bearer $TOKEN"';

/**
 * The call as a line for a POSIX shell with curl, in the Connect protocol with JSON.
 *
 * A stream's request travels in an envelope (five bytes: no flags, then the length), which printf writes; the replies
 * come back in envelopes too, hence `--output -` (else curl takes them for a binary file) and `-N` (show each at once).
 */
export function curlLine(call: GreetCall): string {
  const { method, deadlineMs, origin } = call;
  const json = requestJson(call);
  const url = shellWord(`${origin}/greeter.Greeter/${method}`);
  const deadline = deadlineMs === undefined ? "" : ` -H 'connect-timeout-ms: ${deadlineMs}'`;
  const headers = deadline + (call.signedIn ? ` -H ${BEARER}` : "");
  if (method === "SayHello") {
    return `curl -H 'content-type: application/json'${headers} -d ${shellQuote(json)} ${url}`;
  }
  const envelope = `printf '${envelopePrefix(json)}%s' ${shellQuote(json)}`;
  return `${envelope} | curl -sN --output - -H 'content-type: application/connect+json'${headers} --data-binary @- ${url}`;
}

/** The call as a line for a POSIX shell with curl, in plain HTTP: the stream's replies are a line of JSON each. */
export function restLine({ method, name, age, deadlineMs, signedIn, origin }: GreetCall): string {
  // A name that a URL cannot have as a segment of its path is a parameter.
  const inPath = !["", ".", ".."].includes(name);
  const query = new URLSearchParams({ ...(!inPath && { name }), ...(age !== 0 && { age: String(age) }) });
  const path = `/v1/greetings${inPath ? `/${encodeURIComponent(name)}` : ""}${method === "SayHello" ? "" : ":stream"}`;
  const url = shellWord(`${origin}${path}${query.size > 0 ? `?${query}` : ""}`);
  const deadline = deadlineMs === undefined ? "" : ` -H 'connect-timeout-ms: ${deadlineMs}'`;
  const options = `${method === "SayHello" ? "" : " -N"}${deadline}${signedIn ? ` -H ${BEARER}` : ""}`;
  return `curl${options} ${url}`;
}

/** The call as a line for grpcurl, which asks the service's reflection for the contract. */
export function grpcurlLine(call: GreetCall): string {
  const { method, deadlineMs, origin } = call;
  const { protocol, hostname, port } = new URL(origin);
  const secure = protocol === "https:";
  // grpcurl wants the port spelled out; a URL leaves out its scheme's own.
  const host = `${hostname}:${port || (secure ? 443 : 80)}`;
  const words = [
    "grpcurl",
    ...(secure ? [] : ["-plaintext"]),
    ...(deadlineMs === undefined ? [] : ["-max-time", String(deadlineMs / 1000)]),
    ...(call.signedIn ? ["-H", BEARER] : []),
    "-d",
    shellQuote(requestJson(call)),
    shellWord(host),
    `greeter.Greeter/${method}`,
  ];
  return words.join(" ");
}

function requestJson({ name, age }: GreetCall): string {
  return toJsonString(HelloRequestSchema, create(HelloRequestSchema, { name, age }));
}

/** Flags and big-endian length of an uncompressed envelope, as octal escapes for printf. */
function envelopePrefix(json: string): string {
  const prefix = new Uint8Array(5);
  new DataView(prefix.buffer).setUint32(1, new TextEncoder().encode(json).length);
  return printfBytes(prefix);
}
