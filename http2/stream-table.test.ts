import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "./peer.fixture.ts";
import { StreamTable } from "./stream-table.ts";

test("The table holds what a Map holds, whatever is added and removed", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const below = seeded(seed);
    const table = new StreamTable<{ readonly id: number }>();
    const model = new Map<number, { readonly id: number }>();
    let next = 1;
    for (let step = 0; step < 3_000; step++) {
      if (below(2) === 0 && model.size < 120) {
        // Gaps, as a peer may leave them.
        next += 2 * (1 + (below(20) === 0 ? below(1_000) : 0));
        const item = { id: next };
        table.add(item);
        model.set(next, item);
      } else if (below(400) === 0) {
        // Until it is empty.
        for (const id of model.keys()) {
          table.shrink();
          table.delete(id);
        }
        model.clear();
        table.shrink();
      } else {
        const ids = [...model.keys()];
        const id = below(5) === 0 ? 2 * below(2_000) + 1 : (ids[below(ids.length)] ?? 1);
        table.delete(id);
        model.delete(id);
      }
      assert.equal(table.size, model.size);
      const probe = 2 * below(next) + 1;
      assert.equal(table.get(probe), model.get(probe));
    }
    for (const [id, item] of model) assert.equal(table.get(id), item);
    assert.deepEqual(new Set(table.values()), new Set(model.values()));
  }
});
