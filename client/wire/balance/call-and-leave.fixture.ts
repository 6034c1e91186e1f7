import { createClient } from "@connectrpc/connect";
import { Greeter } from "../../../gen/greeter/greeter_pb.ts";
import { createWireTransport } from "../transport.ts";

// A program of its own: calls one of the servers of its arguments, writes who it was, and closes nothing.
const transport = createWireTransport({ baseUrl: process.argv.slice(2), protocol: "grpc" });
const { serverId } = await createClient(Greeter, transport).sayHello({});
process.stdout.write(serverId);
