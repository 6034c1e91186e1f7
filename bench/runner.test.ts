import assert from "node:assert/strict";
import { test } from "node:test";
import { runScenario } from "./runner.ts";
import type { Bench, Contender, Scenario } from "./scenario.ts";

const machine = { cpu: "a", cores: 2, memoryGb: 4, os: "b", node: "v26", pinned: true, fileSystem: "ext4" };
const bench: Omit<Bench, "keep"> = {
  quick: false,
  machine,
  folder: "/nowhere",
  either: full => full,
  users: async () => "/nowhere/users.db",
};

function scenarioOf(turns: string[], stopped: string[]): Scenario {
  function contender(name: string, chart: string): Contender {
    return {
      name,
      async measure() {
        turns.push(`${chart}${name}`);
        return { rate: turns.length };
      },
    };
  }
  return {
    name: "turns",
    compares: "contenders with each other",
    rounds: 2,
    async plan({ keep }) {
      keep({ [Symbol.asyncDispose]: async () => void stopped.push("server") });
      const metrics = [{ key: "rate", label: "calls a second", better: "more" }] as const;
      const chart = (id: string) => ({ id, title: id, metrics, contenders: [contender("a", id), contender("b", id)] });
      return { charts: [chart("x"), chart("y")], targets: [] };
    },
  };
}

test("contenders take turns in each round, and every round's value is kept", async () => {
  const turns: string[] = [];
  const result = await runScenario(scenarioOf(turns, []), bench, { progress() {} });
  assert.deepEqual(turns, ["xa", "xb", "ya", "yb", "xa", "xb", "ya", "yb"]);
  assert.deepEqual(result.charts[0]?.contenders[1], { name: "b", values: { rate: [2, 6] } });
  assert.equal(result.rounds, 2);
});

test("a quick run has one round unless told otherwise, and servers stop at its end", async () => {
  const turns: string[] = [];
  const stopped: string[] = [];
  await runScenario(scenarioOf(turns, stopped), { ...bench, quick: true }, { progress() {} });
  assert.equal(turns.length, 4);
  assert.deepEqual(stopped, ["server"]);
});
