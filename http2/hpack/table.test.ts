import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../test/support/random.ts";
import { staticEntries } from "./static-table.ts";
import { DynamicTable } from "./table.ts";

/** The table as RFC 7541 section 4 tells it, without a thought of its cost. */
class NaiveTable {
  entries: (readonly [name: string, value: string])[] = [];
  maxSize: number;

  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }

  insert(name: string, value: string): void {
    this.entries.unshift([name, value]);
    this.#evict();
  }

  resize(maxSize: number): void {
    this.maxSize = maxSize;
    this.#evict();
  }

  #evict(): void {
    const size = () => this.entries.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
    while (size() > this.maxSize) this.entries.pop();
  }
}

function held(table: DynamicTable): (readonly [string | undefined, string | undefined])[] {
  return Array.from({ length: table.count }, (_, n) => {
    const index = staticEntries + 1 + n;
    return [table.nameAt(index), table.valueAt(index)] as const;
  });
}

test("whatever is done to it, the table holds what a naive one holds", () => {
  let full = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const { below } = createRandom(seed);
    const maxSize = [0, 33, 100, 256, 1024, 4096][seed % 6] as number;
    const table = new DynamicTable(maxSize);
    const naive = new NaiveTable(maxSize);
    for (let step = 0; step < 500; step++) {
      const kind = below(20);
      if (kind === 0) {
        const size = below(3) === 0 ? maxSize : below(maxSize + 1);
        table.resize(size);
        naive.resize(size);
      } else {
        const name = `n${step}`.padEnd(below(20), "x");
        const value = "v".repeat(below(kind === 1 ? maxSize + 40 : 12));
        table.insert(name, value);
        naive.insert(name, value);
      }
      if (table.count > 16) full++;
      assert.deepEqual(held(table), naive.entries);
      assert.equal(table.nameAt(staticEntries + 1 + table.count), undefined);
    }
  }
  assert.ok(full > 1000, "the ring has grown in many of them");
});

test("every change of what an index names changes the version", () => {
  const table = new DynamicTable(64);
  const versions = new Set([table.version]);
  table.insert("a", "b");
  versions.add(table.version);
  table.insert("a", "b".repeat(64));
  versions.add(table.version);
  table.resize(0);
  versions.add(table.version);
  assert.equal(versions.size, 4);
});
