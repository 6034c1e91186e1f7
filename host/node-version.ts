/** The oldest Node.js that this runs on, as in package.json: node:http2 and node:sqlite have what is used from here on. */
const oldest = [24, 7] as const;

/** Says in a line that this Node.js is too old; undefined where it is not. */
export function nodeProblem(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined;
  return `concierge needs Node.js ${oldest.join(".")} or later, and this is ${process.versions.node}`;
}
