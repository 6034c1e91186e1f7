import { PolicyError } from "./auth/policy.ts";
import { HookError } from "./fastify/foreign-hooks.ts";
import { CertificateError } from "./listener/certificates.ts";
import { ConfigError } from "./settings/parse-variables.ts";

/** What to do about an address that cannot be listened on, by Node's code. */
const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: "stop what listens there, or set another PORT",
  EACCES: "this user may not listen there; set a PORT from 1024 up",
  EADDRNOTAVAIL: "this machine has no such address; set another HOST",
  ENOTFOUND: "there is no such name; set another HOST",
  EAI_AGAIN: "the name cannot be looked up now; set an address as HOST",
};

/** The same for a Unix domain socket. */
const socketRemedies: Readonly<Record<string, string>> = {
  EADDRINUSE: "stop the server that listens there, remove a file that is no socket, or set another HOST",
  EACCES: "its folder must be there, and this user must be allowed to write to it; or set another HOST",
};

/** Returns what kept a host from starting, in a line where it can be mended from outside; undefined for a fault of its own. */
export function startProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof ConfigError || error instanceof PolicyError || error instanceof HookError) return error.message;
  if (error instanceof CertificateError) return `TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE: ${error.message}`;
  const { code = "", syscall, port } = error as NodeJS.ErrnoException & { port?: number };
  if (syscall === "listen" && port === -1) {
    return socketRemedies[code] && `HOST: ${error.message}; ${socketRemedies[code]}`;
  }
  const remedy = remedies[code];
  const listening = syscall === "listen" || syscall === "getaddrinfo";
  return listening && remedy ? `HOST, PORT: ${error.message}; ${remedy}` : undefined;
}
