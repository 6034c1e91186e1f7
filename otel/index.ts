export { type TraceAttemptsOptions, traceAttempts } from "./trace-attempts.ts";
export { type TraceCallsOptions, traceCalls } from "./trace-calls.ts";
