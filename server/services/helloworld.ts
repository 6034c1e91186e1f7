import type { ServiceImpl } from "@connectrpc/connect";
import type { Greeter } from "../../gen/helloworld_pb.ts";

/** The `Greeter` without a package. */
export const helloworld: ServiceImpl<typeof Greeter> = {
  sayHello: ({ name }) => ({ message: `Hello, ${name}` }),
};
