import { emitKeypressEvents, type Key } from "node:readline";
import { type Client, ConnectError } from "@connectrpc/connect";
import type { AdminService, WatchCountersResponse } from "../../gen/concierge/admin/v1/admin_pb.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { listRunning } from "./list-running.ts";
import { methodRates } from "./rates.ts";
import { drawTop, type TopState } from "./screen.ts";

/** The other screen of a terminal without a cursor, and back: what was on it is there again afterwards. */
const enter = "\x1b[?1049h\x1b[?25l";
const leave = "\x1b[?25h\x1b[?1049l";

type Admin = Client<typeof AdminService>;

/** What a live screen is made of. */
export interface LiveOptions {
  readonly admin: Admin;
  readonly samples: AsyncIterable<WatchCountersResponse>;
  /** Ends the samples. */
  readonly stop: () => void;
}

/** Shows the samples on the terminal until a key ends that, which q does, or Ctrl-C with its exit code. */
export async function showLive({ stdin, stdout }: Context, { admin, samples, stop }: LiveOptions): Promise<void> {
  let state: TopState | undefined;
  let before: WatchCountersResponse | undefined;
  let interrupted = false;
  let quit = false;

  function draw() {
    if (!state) return;
    // A terminal that does not know its size says 0.
    const size = { columns: stdout.columns || 80, rows: stdout.rows || 24 };
    // Each line is wiped behind its end, and all below the last one, so that nothing flickers.
    stdout.write(`\x1b[H${drawTop(state, size).join("\x1b[K\r\n")}\x1b[K\x1b[J`);
  }
  function select(step: number) {
    if (!state || state.calls.length === 0) return;
    const { calls, selected } = state;
    const place = calls.findIndex(({ id }) => id === selected);
    const next = place < 0 ? 0 : Math.min(calls.length - 1, Math.max(0, place + step));
    state = { ...state, selected: calls[next]?.id, note: "" };
    draw();
  }
  async function cancel() {
    const call = state?.calls.find(({ id }) => id === state?.selected);
    if (!state || !call) return;
    let note = `canceled ${call.method} of ${call.caller}`;
    try {
      await admin.cancelCall({ id: call.id });
    } catch (error) {
      note = ConnectError.from(error).message;
    }
    state = { ...state, note };
    draw();
  }
  function onKey(_: unknown, { name, ctrl }: Key) {
    if (name === "q" || (ctrl && name === "c")) {
      quit = true;
      interrupted = name === "c";
      stop();
    } else if (name === "up") select(-1);
    else if (name === "down") select(1);
    else if (name === "c") void cancel();
  }

  stdout.write(enter);
  stdin.setRawMode?.(true);
  emitKeypressEvents(stdin);
  stdin.on("keypress", onKey).resume();
  stdout.on("resize", draw);
  try {
    for await (const sample of samples) {
      const { calls, noCalls } = await listRunning(admin);
      const { selected, note = "" } = state ?? {};
      state = { sample, rates: methodRates(before, sample), calls, noCalls, selected, note };
      before = sample;
      draw();
    }
  } catch (error) {
    if (!quit) throw error;
  } finally {
    stdout.off("resize", draw);
    stdin.off("keypress", onKey).pause();
    stdin.setRawMode?.(false);
    stdout.write(leave);
  }
  if (interrupted) throw new CliError("", { exitCode: exitCodes.interrupted });
}
