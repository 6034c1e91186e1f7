/** Opens connections, makes one call on each, prints its port and stays. Arguments: the port, and how many. */
import { create, toBinary } from "@bufbuild/protobuf";
import { Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { pathOf } from "./call.ts";
import { GrpcConnection } from "./grpc-connection.ts";

/** Those that come at a time: a storm's garbage would be taken for theirs. */
const AT_A_TIME = 100;

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const message = toBinary(HelloRequestSchema, create(HelloRequestSchema, { name: "Ada" }));

async function openOne(): Promise<void> {
  const connection = await GrpcConnection.open(port);
  let good = false;
  await new Promise<void>(resolve => {
    connection.call(pathOf(Greeter.method.sayHello), message, {
      message() {
        good = true;
      },
      ended: resolve,
    });
  });
  if (!good) throw new Error("a call brought no reply");
}

for (let open = 0; open < count; open += AT_A_TIME) await Promise.all(Array.from({ length: AT_A_TIME }, openOne));
process.stdout.write(`port ${port}\n`);
