/** Rings at given times, by one timer for any number of them. */
export interface Alarms extends Disposable {
  /** Calls `ring` once, within a second after `atMs` (milliseconds since the epoch). Returns how to call it off. */
  at(atMs: number, ring: () => void): () => void;
  /** Alarms that are still to ring. */
  readonly size: number;
}

/** The longest wait Node's timers can hold; a longer one would end after 1 ms. */
export const maxTimerMs = 2_147_483_647;

/** What {@link createAlarms} needs to know. */
export interface AlarmsOptions {
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
  /** Calls back after up to `maxTimerMs`; returns how to call it off. Default: `setTimeout`, which holds no process. */
  readonly schedule?: (ms: number, callback: () => void) => () => void;
}

/** Creates alarms. Those of one second ring together, as tokens are dated in seconds. */
export function createAlarms({ now = Date.now, schedule = scheduleTimer }: AlarmsOptions = {}): Alarms {
  const bySecond = new Map<number, Set<() => void>>();
  let armedFor = Number.POSITIVE_INFINITY;
  let disarm = () => {};
  let size = 0;

  function arm() {
    disarm();
    armedFor = Number.POSITIVE_INFINITY;
    for (const second of bySecond.keys()) armedFor = Math.min(armedFor, second);
    if (armedFor === Number.POSITIVE_INFINITY) return;
    disarm = schedule(Math.min(Math.max(armedFor * 1000 - now(), 0), maxTimerMs), ringDue);
  }
  function ringDue() {
    const due = [...bySecond.keys()].filter(second => second * 1000 <= now());
    for (const second of due) {
      const rings = bySecond.get(second);
      bySecond.delete(second);
      size -= rings?.size ?? 0;
      for (const ring of rings ?? []) ring();
    }
    arm();
  }

  return {
    at(atMs, ring) {
      const second = Math.ceil(atMs / 1000);
      const rings = bySecond.get(second) ?? new Set();
      bySecond.set(second, rings);
      rings.add(ring);
      size++;
      if (second < armedFor) arm();
      return () => {
        if (!rings.delete(ring) || bySecond.get(second) !== rings) return;
        size--;
        if (rings.size > 0) return;
        bySecond.delete(second);
        if (bySecond.size === 0) arm();
      };
    },
    get size() {
      return size;
    },
    [Symbol.dispose]() {
      bySecond.clear();
      arm();
    },
  };
}

function scheduleTimer(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms).unref();
  return () => clearTimeout(timer);
}
