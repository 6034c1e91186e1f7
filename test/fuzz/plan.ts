/** Bytes of the peer, mostly one frame. */
export interface BytesStep {
  readonly kind: "bytes";
  /** What they are, for whoever reads a failure. */
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether they are read together with what follows. */
  readonly joined: boolean;
}

/** What happens to a connection, one thing at a time. */
export type Step =
  | BytesStep
  /** Client: a call is opened, with so many bytes of body. */
  | { readonly kind: "open"; readonly method: string; readonly bodyBytes: number }
  /** Time passes; streams that are paused go on. */
  | { readonly kind: "wait"; readonly ms: number }
  /** The kernel has not taken so many bytes; 0 is all taken. */
  | { readonly kind: "clog"; readonly bytes: number }
  /** Our side leaves gracefully. */
  | { readonly kind: "leave" };

/** All that happens to a connection; played again it does the same. */
export interface Plan {
  /** Which side the engine is. */
  readonly isServer: boolean;
  readonly steps: readonly Step[];
}

export function bytesStep(name: string, bytes: Buffer, joined = false): BytesStep {
  return { kind: "bytes", name, bytes, joined };
}

/** A plan for people: a step a line, bytes in hex digits. */
export function describePlan({ isServer, steps }: Plan): string {
  const lines = steps.map(step => {
    if (step.kind !== "bytes") return JSON.stringify(step);
    const hex = step.bytes.toString("hex", 0, 120);
    return `${step.name}: ${hex}${step.bytes.length > 120 ? ` and ${step.bytes.length - 120} more bytes` : ""}${step.joined ? " +" : ""}`;
  });
  return [`the engine is the ${isServer ? "server" : "client"}`, ...lines].join("\n");
}
