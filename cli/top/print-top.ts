import { toJson } from "@bufbuild/protobuf";
import { RunningCallSchema, WatchCountersResponseSchema } from "../../gen/concierge/admin/v1/admin_pb.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";
import type { TopState } from "./screen.ts";
import { callColumns, processLine, rateColumns } from "./top-text.ts";

/** What is printed of two looks. */
type Printed = Pick<TopState, "sample" | "rates" | "calls" | "noCalls">;

/** Prints what happened between two looks: tables for people, an object in a line for programs. */
export async function printTop(output: Output, printed: Printed): Promise<void> {
  if (!output.forPeople) {
    await printJson(output, printed);
    return;
  }
  const { sample, rates, calls, noCalls } = printed;
  await output.write(`${printable(processLine(sample))}\n\n`);
  await output.table(rateColumns, rates);
  await output.write("\n");
  if (calls.length > 0) await output.table(callColumns, calls);
  else await output.write(`${printable(noCalls || "no other call runs")}\n`);
}

/** The sample in Protobuf's JSON, with rates in the place of its counters. */
async function printJson(output: Output, { sample, rates, calls }: Printed): Promise<void> {
  await output.json({
    ...Object(toJson(WatchCountersResponseSchema, sample)),
    methods: rates.map(({ p50 = null, p99 = null, ...rate }) => ({ ...rate, p50, p99 })),
    calls: calls.map(call => toJson(RunningCallSchema, call, { alwaysEmitImplicit: true })),
  });
}
