/** The headers that tell a server how long a call may take, and how each protocol writes milliseconds. */
const forms = [
  { name: "connect-timeout-ms", unit: "" },
  { name: "grpc-timeout", unit: "m" },
] as const;

/** When a call that starts now has to end by its headers, as `performance.now()` counts; infinity for never. */
export function deadlineOf(header: Headers): number {
  for (const { name, unit } of forms) {
    const value = header.get(name);
    if (value?.endsWith(unit)) return performance.now() + Number.parseInt(value, 10);
  }
  return Number.POSITIVE_INFINITY;
}

/** Writes the time that is left into the headers of an attempt: a server shall not work longer than somebody waits. */
export function setTimeLeft(header: Headers, deadline: number): void {
  const left = Math.max(1, Math.ceil(deadline - performance.now()));
  for (const { name, unit } of forms) {
    if (header.has(name)) header.set(name, `${left}${unit}`);
  }
}
