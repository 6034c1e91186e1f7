import { create, type DescMethod, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { Greeter, type HelloReply, HelloReplySchema, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";

/** What a call of the Greeter sends. */
export type HelloInit = MessageInitShape<typeof HelloRequestSchema>;

function definitionOf(method: DescMethod): grpc.MethodDefinition<HelloInit, HelloReply> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: init => Buffer.from(toBinary(HelloRequestSchema, create(HelloRequestSchema, init))),
    requestDeserialize: bytes => fromBinary(HelloRequestSchema, bytes),
    responseSerialize: reply => Buffer.from(toBinary(HelloReplySchema, reply)),
    responseDeserialize: bytes => fromBinary(HelloReplySchema, bytes),
  };
}

const definitions = Object.fromEntries(Greeter.methods.map(method => [method.name, definitionOf(method)]));
const Client = grpc.makeClientConstructor(definitions, Greeter.typeName);

/** The Greeter's client by grpc-js. */
export interface GreeterGrpc extends Disposable {
  /** `onHeaders` gets the headers of the answer: grpc-js puts into an error's metadata what the trailers say alone. */
  sayHello(init: HelloInit, onHeaders?: (headers: grpc.Metadata) => void): Promise<HelloReply>;
  sayHelloStream(init: HelloInit): grpc.ClientReadableStream<HelloReply>;
  sayHelloToMany(inits: readonly HelloInit[]): Promise<HelloReply>;
  chat(): grpc.ClientDuplexStream<HelloInit, HelloReply>;
}

/** Calls the Greeter at `address` ("host:port") in cleartext. */
export function createGreeterGrpc(address: string, options: grpc.ChannelOptions = {}): GreeterGrpc {
  const client = new Client(address, grpc.credentials.createInsecure(), options);
  type Answer = (error: grpc.ServiceError | null, reply: HelloReply) => void;
  function answer(start: (done: Answer) => void): Promise<HelloReply> {
    return new Promise((resolve, reject) => start((error, reply) => (error ? reject(error) : resolve(reply))));
  }
  return {
    sayHello: (init, onHeaders = () => {}) => answer(done => client.SayHello?.(init, done).on("metadata", onHeaders)),
    sayHelloStream: init => client.SayHelloStream?.(init),
    sayHelloToMany: inits =>
      answer(done => {
        const call: grpc.ClientWritableStream<HelloInit> = client.SayHelloToMany?.(done);
        for (const init of inits) call.write(init);
        call.end();
      }),
    chat: () => client.Chat?.(),
    [Symbol.dispose]: () => client.close(),
  };
}
