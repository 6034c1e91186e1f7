import type { Result } from "../result.ts";

/** A result with one chart of two contenders, for tests of what is made of results. */
export const result: Result = {
  name: "unary",
  compares: "servers <with> each other",
  time: "2026-01-02T03:04:05.000Z",
  quick: false,
  rounds: 3,
  machine: { cpu: "a CPU", cores: 2, memoryGb: 4, os: "Linux 6", node: "v26.0.0", pinned: true, fileSystem: "ext4" },
  charts: [
    {
      id: "grpc",
      title: "gRPC & co",
      metrics: [{ key: "rate", label: "calls a second", better: "more" }],
      baseline: "grpc-js",
      pictured: true,
      contenders: [
        { name: "Concierge, wire lane", values: { rate: [30_000, 40_000, 36_000] } },
        { name: "grpc-js", values: { rate: [29_000, 30_000, 31_000] } },
      ],
    },
  ],
  verdicts: [{ text: "wire ≥ 1.2 × grpc-js", atLeast: 1.2, value: 1.2, met: true }],
  notes: ["grpcio is not installed"],
};
