import { readSchema, type Schema } from "./schema.ts";

/** Why a server did not tell its contracts, in words for the one who asks. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
  /** Whether an access token may help. */
  readonly wantsToken: boolean;

  constructor(message: string, wantsToken = false, options?: ErrorOptions) {
    super(message, options);
    this.wantsToken = wantsToken;
  }
}

/** Asks the server for its contracts. Throws {@link SchemaError}. */
export async function loadSchema(token: string): Promise<Schema> {
  const headers: Record<string, string> = token === "" ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch("/descriptors.binpb", { headers }).catch((cause: unknown) => {
    throw new SchemaError("The server cannot be reached.", false, { cause });
  });
  if (response.status === 401 || response.status === 403) {
    throw new SchemaError("The server tells its contracts only to those who sign in.", true);
  }
  if (!response.ok) throw new SchemaError(`The server does not tell its contracts: HTTP ${response.status}.`);
  try {
    return readSchema(new Uint8Array(await response.arrayBuffer()));
  } catch (cause) {
    throw new SchemaError(`The server's contracts cannot be read: ${String(cause)}`, false, { cause });
  }
}
