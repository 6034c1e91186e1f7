import { printfBytes, shellQuote, shellWord } from "../../shell-words.ts";
import { isFramed, wireRequest } from "../call/wire-request.ts";
import { type CommandCall, headerWords, joinWords } from "./command-call.ts";

/** Headers that curl makes itself, or that the command writes in its own way. */
const own = new Set(["authorization", "accept", "te"]);

/**
 * The call as a line for a POSIX shell with curl, by its own protocol. Bytes that are no text come from printf, which every
 * shell has; replies that are none go to the terminal all the same (`--output -`), each as it comes (`-N`).
 *
 * Throws where a message is none of its type.
 */
export function curlCommand(call: CommandCall): string {
  const request = wireRequest({ ...call, token: "" });
  const framed = isFramed(call);
  const isText = !framed && request.messages.every(({ encoding }) => encoding === "json");
  const words = ["curl", ...(isText ? [] : ["-sN", "--output", "-"])];
  if (call.protocol === "grpc") words.push(call.origin.startsWith("https:") ? "--http2" : "--http2-prior-knowledge");
  if (request.httpMethod !== (request.hasBody ? "POST" : "GET")) words.push(`-X ${request.httpMethod}`);
  const headers = request.headers.filter(([name]) => !own.has(name));
  words.push(...headerWords({ ...call, headers }));
  if (request.hasBody) words.push(isText ? `-d ${shellQuote(textOf(request.messages))}` : "--data-binary @-");
  words.push(shellWord(call.origin + request.target));
  const command = joinWords(words);
  if (!request.hasBody || isText) return command;
  return `printf ${request.messages.map(({ bytes }) => `'${printfBytes(bytes)}'`).join("") || "''"} | ${command}`;
}

function textOf(messages: ReturnType<typeof wireRequest>["messages"]): string {
  return messages.map(({ bytes }) => new TextDecoder().decode(bytes)).join("");
}
