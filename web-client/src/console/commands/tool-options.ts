import type { Headers } from "../call/call-record.ts";

/** What a command line of curl or grpcurl says. */
export interface CommandWords {
  /** An address for curl, a method for grpcurl. */
  readonly target: string;
  readonly headers: Headers;
  /** The data as it stands there; `@-` for what is piped in. */
  readonly body: string;
  readonly deadlineMs: number | undefined;
  /** Of HTTP, where the line says it. */
  readonly verb: string | undefined;
}

/** What an option's word is. */
type Kind = "header" | "data" | "url" | "time" | "verb" | "none";

/** Options of curl that take a word, by what becomes of it. */
const curlOptions: Readonly<Record<string, Kind>> = {
  "-H": "header",
  "--header": "header",
  "-d": "data",
  "--data": "data",
  "--data-raw": "data",
  "--data-ascii": "data",
  "--data-binary": "data",
  "--json": "data",
  "--url": "url",
  "-X": "verb",
  "--request": "verb",
  "-m": "time",
  "--max-time": "time",
  ...Object.fromEntries(
    ["-o", "--output", "-A", "--user-agent", "-b", "--cookie", "-e", "--referer", "-u", "--user"]
      .concat([
        "-x",
        "--proxy",
        "--cacert",
        "--cert",
        "-E",
        "--key",
        "--connect-timeout",
        "-w",
        "--write-out",
        "--resolve",
      ])
      .map(name => [name, "none"] as const),
  ),
};

const grpcurlOptions: Readonly<Record<string, "header" | "data" | "time" | "none">> = {
  H: "header",
  "rpc-header": "header",
  d: "data",
  "max-time": "time",
  ...Object.fromEntries(
    ["reflect-header", "proto", "import-path", "protoset", "authority", "servername", "cacert", "cert", "key", "format"]
      .concat(["connect-timeout", "keepalive-time", "max-msg-sz", "user-agent"])
      .map(name => [name, "none"] as const),
  ),
};

/** Reads the words behind `curl`. Throws where there is no address, or a body that only its own machine has. */
export function readCurl(words: readonly string[]): CommandWords {
  const read = new Reader();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "|" || word === ";" || word === "&&") break;
    // `-d{}` and `-XPOST` have their word within them, and so has `--data={}`.
    const short =
      /^-[^-]/.test(word) && word.slice(0, 2) in curlOptions && word.length > 2 ? word.slice(0, 2) : undefined;
    const name = short ?? word;
    const kind = curlOptions[name];
    if (kind !== undefined) read.take(kind, short ? word.slice(2) : (words[++i] ?? ""));
    else if (!word.startsWith("-")) read.take("url", word);
  }
  if (read.targets.length === 0) throw new Error("The line has no address");
  return read.result(read.targets[0] ?? "");
}

/** Reads the words behind `grpcurl`. Throws where they name no method. */
export function readGrpcurl(words: readonly string[]): CommandWords {
  const read = new Reader();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "|" || word === ";" || word === "&&") break;
    const [, name = "", value] = /^--?([a-zA-Z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const kind = grpcurlOptions[name];
    if (kind !== undefined) read.take(kind, value ?? words[++i] ?? "");
    else if (!word.startsWith("-")) read.take("url", word);
  }
  const method = read.targets[1];
  if (method === undefined || method === "list" || method === "describe") throw new Error("The line calls no method");
  return read.result(method);
}

/** Gathers what the options say. */
class Reader {
  readonly targets: string[] = [];
  readonly #headers: (readonly [string, string])[] = [];
  readonly #data: string[] = [];
  #deadlineMs: number | undefined;
  #verb: string | undefined;

  take(kind: Kind, word: string): void {
    if (kind === "url") this.targets.push(word);
    else if (kind === "verb") this.#verb = word.toUpperCase();
    else if (kind === "data") this.#data.push(word);
    else if (kind === "header") {
      const colon = word.indexOf(":");
      if (colon > 0) this.#headers.push([word.slice(0, colon).trim().toLowerCase(), word.slice(colon + 1).trim()]);
    } else if (kind === "time" && Number(word) > 0) this.#deadlineMs = Math.ceil(Number(word) * 1000);
  }

  result(target: string): CommandWords {
    const body = this.#data.join("&");
    if (body.startsWith("@") && body !== "@-" && body !== "@")
      throw new Error(`The message is in a file, ${body.slice(1)}`);
    return {
      target,
      headers: this.#headers,
      body: body === "@" ? "@-" : body,
      deadlineMs: this.#deadlineMs,
      verb: this.#verb,
    };
  }
}
