"""Checks a server's health and then watches it until the stream ends. Prints a line for each answer."""

import sys

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

stub = HealthStub(grpc.insecure_channel(sys.argv[1]))
name_of = HealthCheckResponse.ServingStatus.Name


def say(*words):
    print(*words, flush=True)


for service in ("", "greeter.Greeter", "no.Such"):
    try:
        say("check", repr(service), name_of(stub.Check(HealthCheckRequest(service=service)).status))
    except grpc.RpcError as error:
        say("check", repr(service), error.code().name)

try:
    for reply in stub.Watch(HealthCheckRequest(service="greeter.Greeter")):
        say("watch", name_of(reply.status))
    say("watch ended")
except grpc.RpcError as error:
    say("watch", error.code().name)
