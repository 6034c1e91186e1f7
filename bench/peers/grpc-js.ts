import { type DescMethod, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import {
  Greeter,
  type HelloReply,
  HelloReplySchema,
  type HelloRequest,
  HelloRequestSchema,
} from "../../gen/greeter/greeter_pb.ts";
import { greet, streamReply } from "./greeter-work.ts";
import { announce } from "./report.ts";

function definitionOf(method: DescMethod): MethodDefinition<HelloRequest, HelloReply> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: request => Buffer.from(toBinary(HelloRequestSchema, request)),
    requestDeserialize: bytes => fromBinary(HelloRequestSchema, bytes),
    responseSerialize: reply => Buffer.from(toBinary(HelloReplySchema, reply)),
    responseDeserialize: bytes => fromBinary(HelloReplySchema, bytes),
  };
}

const server = new Server();
server.addService(Object.fromEntries(Greeter.methods.map(method => [method.name, definitionOf(method)])), {
  SayHello({ request }: ServerUnaryCall<HelloRequest, HelloReply>, answer: sendUnaryData<HelloReply>) {
    answer(null, greet(request));
  },
  SayHelloStream(call: ServerWritableStream<HelloRequest, HelloReply>) {
    const { name, age } = call.request;
    let left = age;
    function send() {
      while (left > 0) {
        left--;
        if (!call.write(streamReply(name))) {
          call.once("drain", send);
          return;
        }
      }
      call.end();
    }
    send();
  },
  SayHelloToMany(call: ServerReadableStream<HelloRequest, HelloReply>, answer: sendUnaryData<HelloReply>) {
    let count = 0;
    call.on("data", () => count++);
    call.on("end", () => answer(null, greet({ name: `${count} people`, age: 0 })));
  },
  Chat(call: ServerDuplexStream<HelloRequest, HelloReply>) {
    call.on("data", ({ name }: HelloRequest) => {
      if (call.write(streamReply(name))) return;
      call.pause();
      call.once("drain", () => call.resume());
    });
    call.on("end", () => call.end());
  },
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  announce(port);
});
