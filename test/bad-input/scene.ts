import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { UserService as TutorialService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoService } from "../../gen/user_service_pb.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { transportsTo } from "../support/transports.ts";

/** A request id that was used to create user 6. */
export const USED_REQUEST = "6f1c2a34-0000-4000-8000-00000000000a";

/** The clients of one protocol, and what bad input can be made of. */
export interface Scene {
  readonly directory: Client<typeof DirectoryService>;
  readonly tutorials: Client<typeof TutorialService>;
  readonly demo: Client<typeof DemoService>;
  /** An etag of user 2, which has changed since. */
  readonly staleEtag: string;
  /** The token of the page that follows the first two users by email. */
  readonly pageToken: string;
  /** The same from another database. */
  readonly foreignPageToken: string;
}

/** What is prepared on one server, for all protocols. */
export type Prepared = Omit<Scene, "directory" | "tutorials" | "demo">;

/** The request that {@link Scene.pageToken} belongs to. */
export const PAGE = { pageSize: 2, orderBy: "email" };

/** Prepares a server with the demo users; user 5 is deleted. */
export async function prepare(server: TestServer): Promise<Prepared> {
  const client = directoryOf(server);
  const { etag: staleEtag } = await client.getUser({ key: { case: "id", value: "2" } });
  await client.updateUser({ user: { id: "2", age: 36 } });
  await client.deleteUser({ id: "5" });
  await client.createUser({ user: { name: "Ann", email: "Ann@example.com" }, requestId: USED_REQUEST });
  const { nextPageToken: pageToken } = await client.listUsers(PAGE);
  await using other = await startServer();
  const { nextPageToken: foreignPageToken } = await directoryOf(other).listUsers(PAGE);
  return { staleEtag, pageToken, foreignPageToken };
}

/** The clients of one transport, with what is prepared. */
export function sceneOf(transport: Transport, prepared: Prepared): Scene {
  return {
    ...prepared,
    directory: createClient(DirectoryService, transport),
    tutorials: createClient(TutorialService, transport),
    demo: createClient(DemoService, transport),
  };
}

/** All that bad input could have changed: the users, deleted ones too. */
export async function contents(server: TestServer): Promise<unknown[]> {
  return Array.fromAsync(directoryOf(server).exportUsers({ showDeleted: true }));
}

function directoryOf(server: TestServer): Client<typeof DirectoryService> {
  const transport = transportsTo(server.baseUrl).get("gRPC binary, HTTP/2") as Transport;
  return createClient(DirectoryService, transport);
}
