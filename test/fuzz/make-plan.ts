import { createRandom } from "../support/random.ts";
import { cut, mutate } from "./mutations.ts";
import type { Plan, Step } from "./plan.ts";
import { validSession } from "./valid-session.ts";

/** Makes the plan of a seed: a valid session, mutated and cut. */
export function makePlan(seed: number, isServer: boolean): Plan {
  const random = createRandom(seed);
  const steps = validSession(random, isServer);
  mutate(random, steps);
  return { isServer, steps: cut(random, steps) };
}

/** Leaves away what a failure does not need: halves first, then single steps. `fails` plays a plan. */
export function minimize(plan: Plan, fails: (plan: Plan) => boolean): Plan {
  let steps: readonly Step[] = plan.steps;
  for (let size = Math.ceil(steps.length / 2); size > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < steps.length; ) {
      const shorter = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (fails({ ...plan, steps: shorter })) steps = shorter;
      else at += size;
    }
  }
  return { ...plan, steps };
}
