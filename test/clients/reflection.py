"""Calls the Greeter, of which it has no contract, by what the server's reflection tells of it. Prints JSON."""

import json
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

channel = grpc.insecure_channel(sys.argv[1])
database = ProtoReflectionDescriptorDatabase(channel)
pool = DescriptorPool(database)
greeter = pool.FindServiceByName("greeter.Greeter")


def call(name, kind):
    method = greeter.FindMethodByName(name)
    request, reply = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    path = f"/{greeter.full_name}/{name}"
    return request, getattr(channel, kind)(path, request.SerializeToString, reply.FromString)


Request, say_hello = call("SayHello", "unary_unary")
_, say_hello_stream = call("SayHelloStream", "unary_stream")
_, say_hello_to_many = call("SayHelloToMany", "stream_unary")
_, chat = call("Chat", "stream_stream")

print(
    json.dumps(
        {
            "services": list(database.get_services()),
            "methods": [method.name for method in greeter.methods],
            "unary": say_hello(Request(name="Ada", age=36)).message,
            "server_streaming": [reply.message for reply in say_hello_stream(Request(name="Ada"))],
            "client_streaming": say_hello_to_many(iter([Request(age=age) for age in (28, 35, 22, 40)])).message,
            "bidi_streaming": [reply.message for reply in chat(iter([Request(name="one"), Request(name="two")]))],
        }
    )
)
