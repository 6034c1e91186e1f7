import { type Client, Code, ConnectError } from "@connectrpc/connect";
import type { AdminService, RunningCall } from "../../gen/concierge/admin/v1/admin_pb.ts";
import { isLooking } from "./top-text.ts";

/** The calls that run, the oldest first, but for those that look at the others; or why the server cannot tell of them. */
export async function listRunning(
  admin: Client<typeof AdminService>,
): Promise<{ readonly calls: readonly RunningCall[]; readonly noCalls: string }> {
  try {
    const { calls } = await admin.listCalls({});
    return { calls: calls.filter(call => !isLooking(call)), noCalls: "" };
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    if (code !== Code.Unimplemented) throw error;
    return { calls: [], noCalls: rawMessage };
  }
}
