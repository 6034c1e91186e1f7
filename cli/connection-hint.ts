const trust = "name the authority that has signed its certificate with --ca, such as the ca.pem of concierge dev-cert";
const noTls = "does the server speak TLS? Without it, its URL begins with http://";
const noServer = "is the server running there? Start one with: concierge serve; name another with --url";

/** What may be done about it, by the code of Node.js or OpenSSL, and what it says after that. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/, trust],
  [/^ERR_TLS_CERT_ALTNAME_INVALID\b/, "name the server in --url as its certificate does"],
  [/^CERT_/, "the server's certificate is to be renewed"],
  [/^\w+_CERTIFICATE_REQUIRED\b/, "the server wants to see a certificate: give it --cert and --key"],
  [/^(ERR_SSL_|EPROTO\b)| before secure TLS /, noTls],
  [/^ERR_HTTP2_/, "does the server speak gRPC or HTTP/2 there? With TLS, its URL begins with https://"],
];

/** What a person may do where no connection could be had; `cause` is why. */
export function connectionHint(cause: unknown): string {
  const what = cause instanceof Error && "code" in cause ? `${cause.code} ${cause.message}` : "";
  return hints.find(([pattern]) => pattern.test(what))?.[1] ?? noServer;
}
