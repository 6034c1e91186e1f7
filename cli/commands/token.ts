import { type Command, Option } from "commander";
import type { Role } from "../../host/auth/role.ts";
import { CliError, usageError } from "../cli-error.ts";
import { addExamples } from "../command.ts";
import type { Context } from "../context.ts";

interface TokenOptions {
  readonly sub: string;
  readonly role?: Role;
  readonly ttl: string;
}

/** `concierge token`: a token for development. */
export function addToken(program: Command, { stdout }: Context): void {
  const command = program
    .command("token")
    .summary("mint a token for development")
    .description(
      "Prints a token, signed with the secret that the server is set to: AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE, here too, with AUTH_ISSUER and AUTH_AUDIENCE where the server has them. Where an identity provider signs tokens, get them there.",
    )
    .requiredOption("--sub <name>", "who the bearer is; a user's id lets it read and follow that user")
    .addOption(
      new Option("--role <role>", "what it may do; none: only what is public, or about itself").choices([
        "viewer",
        "editor",
        "admin",
      ]),
    )
    .option("--ttl <time>", "how long it is good, from 1s to 365d", "1h")
    .action(async (options: TokenOptions) => {
      stdout.write(`${await mint(options)}\n`);
    });
  addExamples(command, [
    [
      "for an administrator, for an hour",
      "AUTH_JWT_SECRET=at-least-32-bytes-that-nobody-knows concierge token --sub 1 --role admin",
    ],
    [
      "for every command that follows in this shell",
      "export CONCIERGE_TOKEN=$(AUTH_JWT_SECRET=at-least-32-bytes-that-nobody-knows concierge token --sub 1 --role editor --ttl 8h)",
    ],
  ]);
}

async function mint({ sub, role, ttl }: TokenOptions): Promise<string> {
  const [{ mintToken, parseTtl }, { ConfigError, parseConfig, readEnv }] = await Promise.all([
    import("../../host/auth/mint-token.ts"),
    import("../../server/config/config.ts"),
  ]);
  try {
    const config = parseConfig(readEnv(".env"));
    const secret = config.authJwtSecret ?? config.authJwtSecretFile;
    if (!secret) throw new CliError("set AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE first, for this and for the server");
    return await mintToken({
      secret,
      subject: sub,
      role,
      ttlSeconds: parseTtl(ttl),
      issuer: config.authIssuer,
      audience: config.authAudience,
    });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message, { cause: error });
    if (error instanceof RangeError) throw usageError(`option '--ttl <time>': ${error.message}`);
    throw error;
  }
}
