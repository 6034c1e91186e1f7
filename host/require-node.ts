import { nodeProblem } from "./node-version.ts";

// To be the first import of an entry: an older Node.js would serve some calls, and leave others waiting for ever.
const problem = nodeProblem();
if (problem !== undefined) throw new Error(problem);
