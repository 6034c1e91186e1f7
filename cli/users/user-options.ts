import { type Command, Option } from "commander";
import { integer } from "../parsers.ts";

/** The fields of a user as options. */
export interface UserFieldOptions {
  readonly name?: string;
  readonly email?: string;
  readonly role?: string;
  readonly age?: number;
  readonly bio?: string;
}

/** The roles that an option takes. */
export const roleChoices = ["viewer", "editor", "admin"];

/** Adds {@link UserFieldOptions}; the server says what else a name or an email must be. */
export function addUserFieldOptions(command: Command): Command {
  return command
    .option("--name <name>", "1 to 200 characters")
    .option("--email <address>", "unique, regardless of letter case")
    .addOption(new Option("--role <role>", "what the user may do").choices(roleChoices))
    .option("--age <years>", "from 0 to 150", integer(0, 150))
    .option("--bio <text>", "at most 2,000 characters");
}

/** Adds the options of a change: a request id for retries, and unless `etag` is false the state that it is for. */
export function addChangeOptions(command: Command, { etag = true } = {}): Command {
  if (etag) command.option("--etag <etag>", "only if the user is still in the state that has this etag");
  return command.option("--request-id <uuid>", "the same on a second try, which then returns what the first one did");
}

/** Returns the filter that combines `--role` and `--filter`. */
export function filterOf({ role, filter }: { readonly role?: string; readonly filter?: string }): string {
  return [role && `role = ${role.toUpperCase()}`, filter].filter(Boolean).join(" AND ");
}
