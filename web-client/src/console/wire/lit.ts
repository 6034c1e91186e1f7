import { signal } from "@preact/signals";

/** The path that is pointed at, in bytes or in JSON; undefined for none. Views of one call share it, so that each shows it. */
export const litPath = signal<string | undefined>(undefined);

/** What the region that is pointed at says; empty for none. */
export const litText = signal("");
