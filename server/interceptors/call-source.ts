import type { FastifyBaseLogger, RawRequestDefaultExpression, RawServerDefault } from "fastify";

/** The HTTP request that carries a call: a `FastifyRequest`, or what stands for one where the host never saw it. */
export interface CallSource {
  /** Names the request in logs. */
  readonly id: string;
  readonly raw: RawRequestDefaultExpression<RawServerDefault>;
  readonly log: FastifyBaseLogger;
}
