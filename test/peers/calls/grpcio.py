"""The Greeter on Python's grpcio (asyncio) for calls.peers.ts, until its input ends. It takes a file with the descriptors of
the contract, the milliseconds after which it sends a connection away, and the streams of one; 0 for its own defaults."""

import asyncio
import sys
from collections import defaultdict
from contextlib import suppress

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

Status = grpc.protos("status.proto").Status
contract, max_age_ms, max_streams = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pool = DescriptorPool()
with open(contract, "rb") as file:
    for each in FileDescriptorSet.FromString(file.read()).file:
        pool.Add(each)
Request = GetMessageClass(pool.FindMessageTypeByName("greeter.HelloRequest"))
Reply = GetMessageClass(pool.FindMessageTypeByName("greeter.HelloReply"))

MAX_MESSAGE_BYTES = 16 << 20
"""Above what grpcio reads by default, 4 MiB with the field around it."""
REFUSAL = "not so: 100 % naïve\n☃"


class Waiting:
    """A call that waits until it is given up."""

    def __init__(self):
        self.begun = asyncio.Event()
        self.over = asyncio.Event()


calls = defaultdict(Waiting)


def told_back(context, where):
    """The fields of a call, text and bytes, as they came."""
    names = {"x-ask": f"x-{where}", "x-ask-bin": f"x-{where}-bin"}
    return tuple((names[key], value) for key, value in context.invocation_metadata() if key in names)


async def begin(context):
    await context.send_initial_metadata(told_back(context, "head"))
    context.set_trailing_metadata(told_back(context, "tail"))


async def act(context, name):
    """Does what a call asks for by its `act`, and returns what its reply says. Calls of others are known by their id."""
    asked = dict(context.invocation_metadata())
    call = calls[asked.get("x-call")]
    match asked.get("act"):
        case None:
            return name
        case "fail":
            detail = Any()
            detail.Pack(Reply(message=name))
            code = grpc.StatusCode.FAILED_PRECONDITION
            status = Status(code=code.value[0], message=REFUSAL, details=[detail])
            details = ("grpc-status-details-bin", status.SerializeToString())
            await context.abort(code, REFUSAL, (*told_back(context, "tail"), details))
        case "deadline":
            left = context.time_remaining()
            return "none" if left is None else str(int(left * 1000))
        case "wait":
            call.begun.set()
            # Raised on, it would be printed for each call.
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            call.over.set()
        case "begun":
            await call.begun.wait()
        case "over":
            await call.over.wait()
    return ""


async def say_hello(request, context):
    await begin(context)
    return Reply(message=await act(context, request.name))


async def say_hello_stream(request, context):
    await begin(context)
    for n in range(request.age):
        yield Reply(message=f"{request.name} {n}")
    await act(context, request.name)


async def say_hello_to_many(requests, context):
    await begin(context)
    names = []
    async for request in requests:
        names.append(request.name)
        await act(context, request.name)
    return Reply(message=",".join(names))


async def chat(requests, context):
    await begin(context)
    async for request in requests:
        yield Reply(message=request.name)
        await act(context, request.name)


async def main():
    options = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
    if max_age_ms > 0:
        options.append(("grpc.max_connection_age_ms", max_age_ms))
    if max_streams > 0:
        options.append(("grpc.max_concurrent_streams", max_streams))
    server = grpc.aio.server(options=options, compression=grpc.Compression.Gzip)
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
    print(port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.stop(0)


asyncio.run(main())
