"""The Greeter on Python's grpcio (asyncio). The argument is a file with the descriptors of the contract."""

import asyncio
import datetime
import socket
import sys

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

pool = DescriptorPool()
with open(sys.argv[1], "rb") as file:
    for each in FileDescriptorSet.FromString(file.read()).file:
        pool.Add(each)
Request = GetMessageClass(pool.FindMessageTypeByName("greeter.HelloRequest"))
Reply = GetMessageClass(pool.FindMessageTypeByName("greeter.HelloReply"))
server_id = socket.gethostname()


def greet(name, age):
    text = f"Hello, {name}! You are {age} years old." if age > 0 else f"Hello, {name}!"
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    return Reply(message=text, timestamp=now, server_id=server_id)


def stream_reply(name):
    return Reply(message=f"Hello {name}! Here is another message")


async def say_hello(request, context):
    return greet(request.name, request.age)


async def say_hello_stream(request, context):
    for _ in range(request.age):
        yield stream_reply(request.name)


async def say_hello_to_many(requests, context):
    count = 0
    async for _ in requests:
        count += 1
    return greet(f"{count} people", 0)


async def chat(requests, context):
    async for request in requests:
        yield stream_reply(request.name)


async def main():
    server = grpc.aio.server()
    kinds = {
        "SayHello": (grpc.unary_unary_rpc_method_handler, say_hello),
        "SayHelloStream": (grpc.unary_stream_rpc_method_handler, say_hello_stream),
        "SayHelloToMany": (grpc.stream_unary_rpc_method_handler, say_hello_to_many),
        "Chat": (grpc.stream_stream_rpc_method_handler, chat),
    }
    handlers = {name: make(fn, Request.FromString, Reply.SerializeToString) for name, (make, fn) in kinds.items()}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("greeter.Greeter", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"port {port}", flush=True)
    await server.wait_for_termination()


asyncio.run(main())
