import { shellQuote, shellWord } from "../../shell-words.ts";
import { type CommandCall, canonicalMessages, headerWords, hostAndPort, joinWords } from "./command-call.ts";

/** The call as a line for grpcurl, which asks the server's reflection for the contract. */
export function grpcurlCommand(call: CommandCall): string {
  const { host, isSecure } = hostAndPort(call.origin);
  const { deadlineMs } = call;
  return joinWords([
    "grpcurl",
    ...(isSecure ? [] : ["-plaintext"]),
    ...(deadlineMs === undefined ? [] : [`-max-time ${deadlineMs / 1000}`]),
    // Sent with reflection's own calls as well, which may need it.
    ...headerWords(call),
    `-d ${shellQuote(messagesOf(call))}`,
    shellWord(host),
    call.method.path,
  ]);
}

/** What buf calls the protocols. */
const bufProtocols = {
  "connect-json": "connect",
  "connect-proto": "connect",
  rest: "connect",
  "grpc-web": "grpcweb",
  grpc: "grpc",
} as const;

/** The call as a line for `buf curl`, which asks the server's reflection for the contract, and knows no deadlines. */
export function bufCurlCommand(call: CommandCall): string {
  const { host, isSecure } = hostAndPort(call.origin);
  const { signedIn, method } = call;
  const protocol = bufProtocols[call.protocol];
  // Of cleartext servers HTTP/2 is not asked for by itself; reflection is a bidirectional stream, which needs it.
  return joinWords([
    "buf curl",
    ...(isSecure ? [] : ["--http2-prior-knowledge"]),
    ...(protocol === "connect" ? [] : [`--protocol ${protocol}`]),
    ...headerWords(call),
    ...(signedIn ? ['--reflect-header "authorization: Bearer $TOKEN"'] : []),
    `-d ${shellQuote(messagesOf(call))}`,
    shellWord(`${isSecure ? "https" : "http"}://${host}/${method.path}`),
  ]);
}

/** The messages, one behind the other. */
function messagesOf(call: CommandCall): string {
  return canonicalMessages(call)
    .map(message => JSON.stringify(message))
    .join("");
}
