import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../../gen/user_service_pb.ts";
import { createApp } from "../../server/app.ts";
import { parseConfig } from "../../server/config/config.ts";
import { demoUsers } from "./demo-users.ts";
import { greet } from "./greeter.ts";
import { createNarrator } from "./narrator.ts";
import { techoralUsers } from "./users.ts";

/** The settings of the demo's server: a free port, a fresh database, a shorter pause. */
const settings = {
  PORT: "0",
  DATABASE_URL: "sqlite::memory:",
  GREETER_STREAM_INTERVAL_MS: "150",
  LOG_LEVEL: "error",
};

/**
 * Runs the given tutorials' scenarios through a real client. Resolves to the number of replies that differ from the
 * contract.
 */
export async function runDemo(write: (line: string) => void): Promise<number> {
  await using app = await createApp(parseConfig(settings));
  const [address] = await app.listen();
  const narrator = createNarrator(write);
  write(`A server with a fresh database is on localhost:${address?.port}; a gRPC client calls it.`);
  const transport = createGrpcTransport({ baseUrl: `http://localhost:${address?.port}` });
  await greet(createClient(Greeter, transport), narrator);
  await demoUsers(createClient(DemoUserService, transport), narrator);
  await techoralUsers(createClient(UserService, transport), narrator);
  const { mismatches } = narrator;
  write(
    mismatches === 0
      ? "\nEvery reply is as the contract states.\n"
      : `\n${mismatches} replies differ from the contract.\n`,
  );
  return mismatches;
}
