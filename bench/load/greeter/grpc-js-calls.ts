import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import grpc from "@grpc/grpc-js";
import { HelloReplySchema, HelloRequestSchema } from "../../../gen/greeter/greeter_pb.ts";
import { count, deadlineMs, type GreeterCalls, greetedAll, hello, underWay, whole } from "./calls.ts";

type Hello = MessageInitShape<typeof HelloRequestSchema>;

const serialize = (init: Hello) => Buffer.from(toBinary(HelloRequestSchema, create(HelloRequestSchema, init)));
const parse = (bytes: Buffer) => fromBinary(HelloReplySchema, bytes).message;
const options = () => ({ deadline: Date.now() + deadlineMs });
const pathOf = (method: string) => `/greeter.Greeter/${method}`;

/** Calls by grpc-js, of the server on a port. */
export function grpcJsCalls(port: number): GreeterCalls {
  const caller = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return {
    unary(bytes) {
      const request = { name: "x".repeat(bytes) };
      return new Promise((resolve, reject) => {
        caller.makeUnaryRequest(pathOf("SayHello"), serialize, parse, request, options(), (error, message) => {
          if (error) reject(error);
          else resolve(count(message));
        });
      });
    },
    async server(messages) {
      const request = { name: "Ada", age: messages };
      let came = 0;
      const replies = caller.makeServerStreamRequest(pathOf("SayHelloStream"), serialize, parse, request, options());
      for await (const message of replies) came += count(message as string);
      return whole(came, messages);
    },
    client(messages) {
      return new Promise((resolve, reject) => {
        const path = pathOf("SayHelloToMany");
        const call = caller.makeClientStreamRequest(path, serialize, parse, options(), (error, message) => {
          if (error) reject(error);
          else resolve(greetedAll(message, messages));
        });
        let sent = 0;
        function send() {
          while (sent < messages) {
            sent++;
            if (call.write(hello)) continue;
            call.once("drain", send);
            return;
          }
          call.end();
        }
        send();
      });
    },
    async bidi(messages) {
      const call = caller.makeBidiStreamRequest(pathOf("Chat"), serialize, parse, options());
      let sent = 0;
      let came = 0;
      function send() {
        while (sent < messages && sent - came < underWay) {
          sent++;
          call.write(hello);
        }
        if (sent === messages && !call.writableEnded) call.end();
      }
      send();
      for await (const message of call) {
        came += count(message as string);
        send();
      }
      return whole(came, messages);
    },
  };
}
