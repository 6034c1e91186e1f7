import { readdirSync, readFileSync } from "node:fs";

/** Linux counts times of processes in hundredths of a second (`getconf CLK_TCK`). */
const MS_PER_TICK = 10;

/** Milliseconds of processor time that a process and those that it started have taken so far. Linux alone. */
export function processorTime(pid: number): number {
  const { own, children } = readTimes(pid);
  return own + children.reduce((sum, child) => sum + unlessEnded(() => processorTime(child)), 0);
}

/** A child may end while it is looked at; its time is among that of ended ones then. */
function unlessEnded(time: () => number): number {
  try {
    return time();
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return 0;
    throw error;
  }
}

/** Milliseconds that the ended processes which a process, by default this one, had started took. Linux alone. */
export function endedProcessorTime(pid = process.pid): number {
  const [user, system] = fieldsOf(pid).slice(13, 15);
  return (Number(user) + Number(system)) * MS_PER_TICK;
}

function readTimes(pid: number): { own: number; children: number[] } {
  const [user, system] = fieldsOf(pid).slice(11, 13);
  const children = readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return { own: (Number(user) + Number(system)) * MS_PER_TICK, children };
}

/** The fields of proc_pid_stat(5) from the third on: the second is a name that may hold anything. */
function fieldsOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}
