/** Steps of one round: each ticks its share of the members, so that ten thousand of them do not tick at once. */
const STEPS = 16;

/** Who is ticked. */
export interface ClockMember {
  tick(): void;
}

/** Ticks each of its members once in a round. Has a timer only while it has members. */
export class BookmarkClock {
  readonly #stepMs: number;
  readonly #cohorts = Array.from({ length: STEPS }, () => new Set<ClockMember>());
  readonly #cohortOf = new Map<ClockMember, Set<ClockMember>>();
  #added = 0;
  #step = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(roundMs: number) {
    this.#stepMs = Math.max(1, Math.round(roundMs / STEPS));
  }

  add(member: ClockMember): void {
    const cohort = this.#cohorts[this.#added++ % STEPS] as Set<ClockMember>;
    cohort.add(member);
    this.#cohortOf.set(member, cohort);
    this.#timer ??= setInterval(() => this.#tick(), this.#stepMs);
  }

  /** Removes a member; does nothing where it is none. */
  delete(member: ClockMember): void {
    this.#cohortOf.get(member)?.delete(member);
    this.#cohortOf.delete(member);
    if (this.#cohortOf.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.#step = (this.#step + 1) % STEPS;
    for (const member of this.#cohorts[this.#step] ?? []) member.tick();
  }
}
