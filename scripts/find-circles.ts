/**
 * Finds files that import each other in a circle: a path for each circle, with its first file at both ends. Depth first;
 * a file that was left is in no circle that is not found yet.
 */
export function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const left = new Set<string>();
  const path: string[] = [];

  function visit(file: string): void {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file]);
    if (start >= 0 || left.has(file)) return;
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
    left.add(file);
  }
  for (const file of graph.keys()) visit(file);
  return circles;
}
