/** A clock that is moved by hand, and the one timer that is set on it. */
export function createClock() {
  let time = 1_800_000_000_000;
  let timer: { readonly at: number; readonly callback: () => void } | undefined;
  const waits: number[] = [];
  return {
    waits,
    now: () => time,
    schedule(ms: number, callback: () => void) {
      waits.push(ms);
      const set = { at: time + ms, callback };
      timer = set;
      return () => {
        if (timer === set) timer = undefined;
      };
    },
    get isSet() {
      return timer !== undefined;
    },
    /** Moves it on; the timer that is due is called at its time. */
    advance(ms: number) {
      const end = time + ms;
      while (timer && timer.at <= end) {
        const due = timer;
        timer = undefined;
        time = due.at;
        due.callback();
      }
      time = end;
    },
  };
}
