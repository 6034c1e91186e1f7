import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { shellWord } from "../../shell-words.ts";
import type { CallPlan } from "../call/plan.ts";

/** A call as commands write it. The token is a secret: they name the shell's variable TOKEN, and never have it. */
export type CommandCall = Omit<CallPlan, "token"> & { readonly signedIn: boolean };

/** A header in double quotes, so that the shell puts the token in. */
export const bearerHeader = '"authorization: Bearer $TOKEN"';

/** Whether the method's requests are a stream. */
export function streamsRequests({ method }: CommandCall): boolean {
  return method.kind === "client_streaming" || method.kind === "bidi_streaming";
}

/** Messages as a server's own JSON has them, without what only some tools understand. Throws where one is no message. */
export function canonicalMessages({ method, messages, registry }: CommandCall): JsonValue[] {
  const { input } = method.desc;
  return messages.map(json => toJson(input, fromJson(input, json, { registry }), { registry }));
}

/** Words of a command, broken into lines where they are too long for one. */
export function joinWords(words: readonly string[]): string {
  const line = words.join(" ");
  return line.length <= 100 ? line : words.join(" \\\n  ");
}

/** Options that name headers: each a flag and a word. */
export function headerWords({ headers, signedIn }: CommandCall, flag = "-H"): string[] {
  const own = headers
    .filter(([name]) => name !== "authorization")
    .map(([name, value]) => `${flag} ${shellWord(`${name}: ${value}`)}`);
  return signedIn ? [...own, `${flag} ${bearerHeader}`] : own;
}

/** Host and port, the port spelled out: a URL leaves out its scheme's own. */
export function hostAndPort(origin: string): { readonly host: string; readonly isSecure: boolean } {
  const { protocol, hostname, port } = new URL(origin);
  const isSecure = protocol === "https:";
  return { host: `${hostname}:${port || (isSecure ? 443 : 80)}`, isSecure };
}
