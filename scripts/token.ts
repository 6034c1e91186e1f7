import { parseArgs } from "node:util";
import { mintToken, parseTtl } from "../server/auth/mint-token.ts";
import { roleOf, roles } from "../server/auth/role.ts";
import { parseConfig, readEnv } from "../server/config.ts";

const usage = `usage: npm run token -- --sub NAME [--role ${roles.join("|")}] [--ttl 1h]`;

/** Prints a token for development, signed with the secret the server is set to. */
try {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { sub: text, role: text, ttl: { ...text, default: "1h" } } });
  const { sub, role, ttl } = values;
  if (!sub) throw new Error(usage);
  if (role !== undefined && roleOf(role) === undefined) throw new Error(`role "${role}": must be ${roles.join(", ")}`);
  const config = parseConfig(readEnv());
  const secret = config.authJwtSecret ?? config.authJwtSecretFile;
  if (!secret) throw new Error("set AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE first, for this and for the server");
  const token = await mintToken({
    secret,
    subject: sub,
    role: roleOf(role),
    ttlSeconds: parseTtl(ttl),
    issuer: config.authIssuer,
    audience: config.authAudience,
  });
  process.stdout.write(`${token}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
