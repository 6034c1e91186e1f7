import assert from "node:assert/strict";
import { ConfigError, parseConfig } from "./config.ts";

/** What is wrong with an environment, a line each; empty where it is right. */
export function problemsOf(env: Readonly<Record<string, string>>): string {
  try {
    parseConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return "";
}
