import { type Command, InvalidArgumentError, Option } from "commander";
import { type Protocol, protocols } from "../client/protocol.ts";
import { parseServers } from "../client/wire/balance/server-list.ts";
import { usageError } from "./cli-error.ts";
import { collect, duration } from "./parsers.ts";

/** The options of every command that calls a server. */
export interface ConnectionOptions {
  readonly url: string;
  readonly authority?: string;
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
  for (const option of createOptions()) command.addOption(option.helpGroup("Connection:"));
  return command;
}

/**
 * Has a group of commands take {@link ConnectionOptions} before the command's name, as if they stood after it:
 * `concierge --json users list`.
 */
export function takeOptionsEarly(group: Command): void {
  group.enablePositionalOptions();
  // The command itself takes the defaults and the environment.
  for (const { flags, description, parseArg } of createOptions()) {
    const early = new Option(flags, description).hideHelp();
    group.addOption(parseArg === undefined ? early : early.argParser(parseArg));
  }
  group.hook("preAction", (_, command) => passOn(group, command));
}

function passOn(group: Command, command: Command): void {
  for (const option of group.options) {
    const name = option.attributeName();
    if (group.getOptionValueSource(name) !== "cli" || command.getOptionValueSource(name) === "cli") continue;
    if (command.options.some(known => known.attributeName() === name)) {
      command.setOptionValueWithSource(name, group.getOptionValue(name), "cli");
    } else if (name !== "json") {
      // --json is for the errors of any command.
      throw usageError(`option '${option.long}' is of commands that call a server, and ${command.name()} calls none`);
    }
  }
}

function createOptions(): Option[] {
  return [
    new Option(
      "--address, --url <address>",
      "the server: a URL, HOST:PORT, or unix:/path of a socket; many: with commas between, or dns:///HOST:PORT",
    )
      .env("CONCIERGE_URL")
      .default("http://localhost:50051"),
    new Option(
      "--authority <host>",
      "the name to call it by, where it is not that of --url; over TLS its certificate's",
    ),
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
}

function header(text: string, before: string[] = []): string[] {
  if (/^[!#$%&'*+.^_`|~\w-]+:/.test(text)) return collect(text, before);
  throw new InvalidArgumentError('Must be a name, a colon and a value, such as "x-tenant: acme".');
}

type AddressOptions = Pick<ConnectionOptions, "url" | "ca" | "cert">;

/**
 * Returns the base URL that an address means: `localhost:50051` is http, or https where TLS options are given;
 * `unix:/path` is the socket of that name; `dns:///host:port` are all servers of that name, and addresses with commas
 * between them are a list. Throws a `TypeError` that names the option.
 */
export function toBaseUrl({ url, ...tls }: AddressOptions): string | string[] {
  // The path of a socket may have commas.
  if (url.startsWith("dns:") || url.startsWith("unix:") || !url.includes(",")) return toOneUrl({ url, ...tls });
  return url.split(",").map(one => toOneUrl({ url: one.trim(), ...tls }));
}

function toOneUrl({ url, ca, cert }: AddressOptions): string {
  if (url.startsWith("dns:")) {
    try {
      parseServers(url, false);
    } catch (cause) {
      throw new TypeError(`--url "${url}" must be dns:///HOST:PORT, or dns://ADDRESS/HOST:PORT to ask a DNS server`, {
        cause,
      });
    }
    return url;
  }
  if (url.startsWith("unix:")) {
    if (ca || cert) throw new TypeError(`--url "${url}" is without TLS: --ca and --cert need an https URL`);
    if (socketPath(url) === "") throw new TypeError(`--url "${url}" must be unix:/path, unix:///path or unix:path`);
    return url;
  }
  const full = /^\w+:\/\//.test(url) ? url : `${ca || cert ? "https" : "http"}://${url}`;
  const parsed = URL.parse(full);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.hostname === "") {
    throw new TypeError(`--url "${url}" must be an http or https URL, HOST:PORT, or unix:/path`);
  }
  // The names of methods are put after it.
  if (parsed.username || parsed.password || /[?#]/.test(full)) {
    throw new TypeError("--url must have no user, query or fragment; sign in with --token or --token-file");
  }
  if (parsed.protocol === "http:" && (ca || cert)) {
    throw new TypeError(`--url "${url}" is without TLS: --ca and --cert need an https URL`);
  }
  return full.replace(/\/$/, "");
}

/** Returns the path of the socket that an address names; "" where it names none. */
export function socketPath(url: string): string {
  return /^unix:(?:\/\/(?=\/)|(?!\/\/))(.+)$/.exec(url)?.[1] ?? "";
}
