/** Whether this runs from a checkout, where npm scripts and contracts are at hand, or from the published package. */
export const runsFromSource = import.meta.filename.endsWith(".ts");

/** How the server is started here, and how the command line is called. */
export const commands = runsFromSource
  ? { serve: "npm start", concierge: "npm run --silent concierge --" }
  : { serve: "concierge serve", concierge: "concierge" };
