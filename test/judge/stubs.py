"""What grpcio knows of the services under judgment, from stubs that protoc made of their contracts."""

import grpc
from concierge.directory.v1 import directory_pb2 as directory
from concierge.directory.v1.directory_pb2_grpc import DirectoryServiceStub
from status_pb2 import Status
from techoral.users.v1 import user_service_pb2 as users
from techoral.users.v1.user_service_pb2_grpc import UserServiceStub

__all__ = ["Client", "directory", "resume_info", "users"]

RECONNECT = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.use_local_subchannel_pool", 1),
]


class Client:
    """A connection of its own."""

    def __init__(self, address: str):
        self.channel = grpc.aio.insecure_channel(address, options=RECONNECT)
        self.directory = DirectoryServiceStub(self.channel)
        self.users = UserServiceStub(self.channel)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.channel.close()


def resume_info(error: grpc.aio.AioRpcError) -> directory.ResumeInfo | None:
    """How to go on after a feed's error; None where it does not say."""
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in Status.FromString(value).details:
            info = directory.ResumeInfo()
            if detail.Unpack(info):
                return info
    return None
