const NAME = /^(\S+) (\d+)\/(\d+)$/;

/** Users to store in one write. Each one's name tells the batch, its place in it, and how many there are. */
export function batchOf(label: string, size: number): { name: string; email: string }[] {
  return Array.from({ length: size }, (_, index) => ({
    name: `${label} ${index + 1}/${size}`,
    email: `${label}.${index + 1}@example.com`,
  }));
}

/** The labels of the batches, of {@link batchOf}, of which some users are there and others are not. */
export function halfWritten(names: Iterable<string>): string[] {
  const missing = new Map<string, number>();
  for (const name of names) {
    const [, label, , size] = NAME.exec(name) ?? [];
    if (label !== undefined) missing.set(label, (missing.get(label) ?? Number(size)) - 1);
  }
  return [...missing].filter(([, count]) => count !== 0).map(([label]) => label);
}
