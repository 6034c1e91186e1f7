"""Clients that change the directory, and write down what they were answered."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable

import grpc
from stubs import Client, directory

# A cut or refused call is sent again under its request id, until it is answered.
RETRIED = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
}
# A user who is never deleted.
KEPT_USER = "1"
IMPORT_SIZES = (2, 3, 3, 3, 257, 300)


class Ledger:
    """What was acknowledged to all writers."""

    def __init__(self) -> None:
        self.replies: list[tuple[str, object]] = []
        self.refused: Counter = Counter()
        self.ids = [str(number) for number in range(1, 6)]
        self.over = False

    def acknowledge(self, kind: str, reply) -> None:
        self.replies.append((kind, reply))


class Writer:
    def __init__(self, address: str, name: str, ledger: Ledger, seed: int):
        self.address, self.name, self.ledger = address, name, ledger
        self.random = random.Random(seed)
        self.deleted: list[str] = []
        self.count = 0

    async def run(self) -> None:
        """Writes until the ledger is closed."""
        async with Client(self.address) as client:
            stub = client.directory
            while not self.ledger.over:
                await self.write_once(stub)
                await asyncio.sleep(self.random.uniform(0, 0.03))

    async def write_once(self, stub) -> None:
        self.count += 1
        tag = f"{self.name}-{self.count}"
        request_id = self.new_request_id()
        user_id = self.random.choice(self.ledger.ids[:8] if self.random.random() < 0.5 else self.ledger.ids)
        chance = self.random.random()
        if chance < 0.15:
            user = directory.User(name=tag, email=f"{tag}@judge.example", role=self.random.randrange(1, 4))
            created = await self.send("created", lambda: stub.CreateUser(create(user, request_id)))
            if created is not None:
                self.ledger.ids.append(created.id)
        elif chance < 0.45:
            # Both fields: a transaction of two events, often.
            user = directory.User(id=user_id, role=self.random.randrange(1, 4))
            if self.random.random() < 0.7:
                user.name = tag
            update = directory.UpdateUserRequest(user=user, request_id=request_id)
            await self.send("updated", lambda: stub.UpdateUser(update))
        elif chance < 0.52:
            if user_id == KEPT_USER:
                return
            delete = directory.DeleteUserRequest(id=user_id, request_id=request_id)
            if await self.send("deleted", lambda: stub.DeleteUser(delete)):
                self.deleted.append(user_id)
        elif chance < 0.6 and self.deleted:
            undelete = directory.UndeleteUserRequest(id=self.deleted.pop(), request_id=request_id)
            await self.send("undeleted", lambda: stub.UndeleteUser(undelete))
        elif chance < 0.97:
            payload = tag.encode() + self.random.randbytes(self.random.choice((0, 10, 100, 4000)))
            kind = self.random.choice(("login", "logout"))
            report = directory.ReportEventRequest(user_id=user_id, type=kind, payload=payload, request_id=request_id)
            await self.send("reported", lambda: stub.ReportEvent(report))
        else:
            await self.import_users(stub, tag, request_id, self.random.choice(IMPORT_SIZES))

    async def finish(self) -> None:
        """Does one of each of the writes that the negative controls need."""
        async with Client(self.address) as client:
            stub, tag = client.directory, f"{self.name}-last"
            for kind in ("login", "logout"):
                report = directory.ReportEventRequest(user_id=KEPT_USER, type=kind, payload=f"{tag} {kind}".encode())
                report.request_id = self.new_request_id()
                await self.send("reported", lambda report=report: stub.ReportEvent(report))
            for role in (directory.ROLE_VIEWER, directory.ROLE_ADMIN):
                user = directory.User(id=KEPT_USER, name=f"{tag} {role}", role=role)
                update = directory.UpdateUserRequest(user=user, request_id=self.new_request_id())
                await self.send("updated", lambda update=update: stub.UpdateUser(update))
            await self.import_users(stub, tag, self.new_request_id(), 3)

    def new_request_id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    async def import_users(self, stub, tag: str, request_id: str, size: int) -> None:
        names = [f"{tag}.{number}" for number in range(size)]
        users = [directory.User(name=name, email=f"{name}@judge.example", role=1) for name in names]
        requests = [directory.ImportUsersRequest(user=user) for user in users]
        requests[0].request_id = request_id
        await self.send("imported", lambda: stub.ImportUsers(iter(requests)))

    async def send(self, kind: str, call: Callable[[], Awaitable]):
        """Calls until there is an answer; returns it, or None where the call was refused."""
        while True:
            try:
                reply = await call()
            except grpc.aio.AioRpcError as error:
                if error.code() not in RETRIED:
                    self.ledger.refused[f"{kind} {error.code().name}"] += 1
                    return None
                await asyncio.sleep(self.random.uniform(0.02, 0.2))
            else:
                self.ledger.acknowledge(kind, reply)
                return reply


def create(user: directory.User, request_id: str) -> directory.CreateUserRequest:
    return directory.CreateUserRequest(user=user, request_id=request_id)
