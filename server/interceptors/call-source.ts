import type { FastifyBaseLogger, RawRequestDefaultExpression, RawServerDefault } from "fastify";

/** The HTTP request that carries a call: a `FastifyRequest`, or what stands for one where the host never saw it. */
export interface CallSource {
  /** Names the request in logs. */
  readonly id: string;
  readonly raw: RawRequestDefaultExpression<RawServerDefault>;
  readonly log: FastifyBaseLogger;
  /** The client's address and those of proxies before it; unset unless there are trusted proxies. */
  readonly ips?: string[] | undefined;
  /** The client's address, as far as trusted proxies tell it. */
  readonly ip?: string;
}
