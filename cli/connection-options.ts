import { type Command, InvalidArgumentError, Option } from "commander";
import { type Protocol, protocols } from "../client/protocol.ts";
import { collect, duration } from "./parsers.ts";

/** The options that every command has which calls a server. */
export interface ConnectionOptions {
  readonly url: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly protocol: Protocol;
  /** Milliseconds; 0 is no limit. */
  readonly deadline?: number;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly header?: readonly string[];
  /** False with `--no-retry`. */
  readonly retry: boolean;
  /** JSON in place of tables, and for errors. */
  readonly json?: true;
}

/** Adds {@link ConnectionOptions} to a command. */
export function addConnectionOptions(command: Command): Command {
  const options = [
    new Option("--address, --url <address>", "the server: a URL, or HOST:PORT")
      .env("CONCIERGE_URL")
      .default("http://localhost:50051"),
    new Option("--token <token>", "sign in by a token (others on this machine see it in the list of processes)").env(
      "CONCIERGE_TOKEN",
    ),
    new Option("--token-file <file>", "sign in by the token in a file, read again where it is refused").env(
      "CONCIERGE_TOKEN_FILE",
    ),
    new Option("--protocol <name>", "how to speak").choices(protocols).default("connect"),
    new Option(
      "--deadline <time>",
      "how long a call may take, such as 500ms or 5s; 0: no limit (default: 10s; streams: no limit)",
    ).argParser(duration),
    new Option("--ca <file>", "trust the authorities in this PEM file alone"),
    new Option("--cert <file>", "show this certificate (PEM); needs --key"),
    new Option("--key <file>", "the certificate's private key (PEM)"),
    new Option("--header <name:value>", "send this header (repeatable)").argParser(header),
    new Option("--no-retry", "make each call once, even where it may safely be repeated"),
    new Option("--json", "print JSON on a terminal, too; errors as well"),
  ];
  for (const option of options) command.addOption(option.helpGroup("Connection:"));
  return command;
}

function header(text: string, before: string[] = []): string[] {
  if (/^[!#$%&'*+.^_`|~\w-]+:/.test(text)) return collect(text, before);
  throw new InvalidArgumentError('Must be a name, a colon and a value, such as "x-tenant: acme".');
}

/**
 * The base URL that an address means: `localhost:50051` is http, or https where TLS options are given.
 * Throws a `TypeError` that names the option.
 */
export function toBaseUrl({ url, ca, cert }: Pick<ConnectionOptions, "url" | "ca" | "cert">): string {
  const full = /^\w+:\/\//.test(url) ? url : `${ca || cert ? "https" : "http"}://${url}`;
  const parsed = URL.parse(full);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.hostname === "") {
    throw new TypeError(`--url "${url}" must be an http or https URL, or HOST:PORT`);
  }
  // The names of methods come after it.
  if (parsed.username || parsed.password || /[?#]/.test(full)) {
    throw new TypeError("--url must have no user, query or fragment; sign in with --token or --token-file");
  }
  if (parsed.protocol === "http:" && (ca || cert)) {
    throw new TypeError(`--url "${url}" is without TLS: --ca and --cert need an https URL`);
  }
  return full.replace(/\/$/, "");
}
