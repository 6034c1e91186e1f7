/** What the process of our own load client is asked to do. Bodies are in base64, as messages between processes are JSON. */
export type Job = OpenJob | FarJob | StreamsJob | CreatesJob | TokensJob | ImportJob | ExportJob;

interface JobBase {
  readonly port: number;
}

/** The same unary gRPC call at a fixed rate. */
export interface OpenJob extends JobBase {
  readonly kind: "open";
  readonly path: string;
  /** An encoded request. */
  readonly message: string;
  readonly connections: number;
  /** Calls a second, of all connections. */
  readonly rate: number;
  readonly seconds: number;
}

/** Large and small calls through a delay. */
export interface FarJob extends JobBase {
  readonly kind: "far";
  readonly http: "1.1" | "2";
  readonly roundTripMs: number;
  /** Of the large message, each way. */
  readonly bytes: number;
}

/** gRPC streams, one after the other on each of some slots. */
export interface StreamsJob extends JobBase {
  readonly kind: "streams";
  readonly stream: "server" | "client" | "bidi";
  readonly path: string;
  /** An encoded request. */
  readonly message: string;
  /** Of a stream. */
  readonly messages: number;
  readonly connections: number;
  readonly streamsPerConnection: number;
  readonly seconds: number;
}

/** `CreateUser` with an email of its own in each call, a fixed number in flight. */
export interface CreatesJob extends JobBase {
  readonly kind: "creates";
  readonly inFlight: number;
  readonly seconds: number;
}

/** The same unary gRPC call once with each token, a fixed number in flight. */
export interface TokensJob extends JobBase {
  readonly kind: "tokens";
  readonly path: string;
  readonly body: string;
  readonly tokens: readonly string[];
  readonly connections: number;
  readonly inFlight: number;
}

/** One call that stores many users. */
export interface ImportJob extends JobBase {
  readonly kind: "import";
  readonly method: "ImportUsers" | "BulkCreateUsers";
  readonly users: number;
}

/** One `ExportUsers` of everything. */
export interface ExportJob extends JobBase {
  readonly kind: "export";
}

/** What a job answers: numbers by name. */
export type JobResult = Readonly<Record<string, number>>;
