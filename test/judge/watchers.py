"""Clients that follow the feed by Subscribe and Watch, are cut off, cut themselves off, and go on by their tokens."""

import asyncio
import random

import grpc
from records import FeedRecord
from stubs import Client, directory, resume_info

# How a stream may end: by its client, a server that drains or is killed, or for a reader that is too slow.
ENDS = {
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNKNOWN,
}


# What grpcio makes of a write to a stream that has just been cut, in place of the stream's own status.
LATE_WRITE = (grpc.StatusCode.INTERNAL, "Internal error from Core")


async def unexpected_end(call) -> str | None:
    """Judges how a call has ended: the fault in words, or None."""
    code, text = await call.code(), await call.details()
    return None if code in ENDS or (code, text) == LATE_WRITE else f"ended with {code.name}: {text}"


class Stage:
    """What the watchers share: where the server is, what was recorded, and whether the writers are done."""

    def __init__(self, address: str):
        self.address = address
        self.records: list[FeedRecord] = []
        self.written = asyncio.Event()

    def open(self, name: str, selector: directory.Selector, start: int) -> FeedRecord:
        record = FeedRecord(name, selector, start)
        self.records.append(record)
        return record

    def go_on(self, record: FeedRecord) -> FeedRecord:
        after = record.cut()
        if after is not record:
            self.records.append(after)
        return after


class Watcher:
    """Follows until it has seen everything, with the lives of its streams by chance."""

    def __init__(self, stage: Stage, seed: int):
        self.stage = stage
        self.random = random.Random(seed)

    def life(self) -> float | None:
        """For how many seconds the next stream is kept: to its end only where it begins after the last write."""
        if self.stage.written.is_set():
            return None
        return 4 if self.random.random() < 0.3 else self.random.uniform(0.05, 1.5)

    async def pause(self) -> None:
        await asyncio.sleep(self.random.choice((0, 0, 0.05, 0.3)))


class Subscriber(Watcher):
    def __init__(self, stage: Stage, seed: int, record: FeedRecord, slow: bool):
        super().__init__(stage, seed)
        self.record, self.slow = record, slow

    async def run(self) -> None:
        while not self.record.complete:
            async with Client(self.stage.address) as client:
                life = self.life()
                call = client.directory.Subscribe(self.record.request(), wait_for_ready=True)
                try:
                    async with asyncio.timeout(life):
                        await self.read(call, final=life is None)
                except TimeoutError:
                    call.cancel()
                except grpc.aio.AioRpcError as error:
                    self.record.faults += filter(None, [await unexpected_end(call)])
                    info = resume_info(error)
                    if info is not None and info.resume_token:
                        self.record.token = info.resume_token
            if not self.record.complete:
                self.record = self.stage.go_on(self.record)
                await self.pause()

    async def read(self, call, final: bool) -> None:
        first = True
        async for message in call:
            kind = self.record.take(message)
            # The first bookmark is of where the stream begins, a later one of where the history ended since.
            if final and kind == "bookmark" and not first:
                self.record.complete = True
                return
            first = False
            if self.slow and not self.stage.written.is_set():
                await asyncio.sleep(self.random.choice((0, 0.01, 0.4)))
        self.record.faults.append("the stream ended without an error")


class MultiWatcher(Watcher):
    """Three subscriptions on one stream of Watch, which are dropped and added again."""

    def __init__(self, stage: Stage, seed: int, records: dict[str, FeedRecord]):
        super().__init__(stage, seed)
        self.records = records

    async def run(self) -> None:
        while not all(record.complete for record in self.records.values()):
            async with Client(self.stage.address) as client:
                life = self.life()
                call = client.directory.Watch(wait_for_ready=True)
                try:
                    async with asyncio.timeout(life):
                        await self.follow(call, final=life is None)
                except (TimeoutError, asyncio.InvalidStateError):
                    call.cancel()
                except grpc.aio.AioRpcError as error:
                    for record in self.records.values():
                        record.faults += filter(None, [await unexpected_end(call)])
                    info = resume_info(error)
                    for name, token in (info.resume_tokens.items() if info else ()):
                        self.records[name].token = token or self.records[name].token
            if not all(record.complete for record in self.records.values()):
                self.records = {name: self.stage.go_on(record) for name, record in self.records.items()}
                await self.pause()

    async def follow(self, call, final: bool) -> None:
        live, bookmarks = {}, dict.fromkeys(self.records, 0)
        for name in self.records:
            await self.add(call, live, name)
        async for message in call:
            name, kind = message.subscription_id, message.WhichOneof("message")
            if kind == "failed":
                self.records[name].faults.append(f"failed: {message.failed.message}")
            elif kind == "removed":
                self.records[name] = self.stage.go_on(self.records[name])
                bookmarks[name] = 0
                await self.add(call, live, name)
            elif name in live and live[name].take(message.response) == "bookmark":
                bookmarks[name] += 1
                live[name].complete = live[name].complete or (final and bookmarks[name] > 1)
                if all(record.complete for record in self.records.values()):
                    return
            if not final and name in live and self.random.random() < 0.02:
                # What was on its way may still come, and belongs to nobody.
                del live[name]
                remove = directory.RemoveSubscription(subscription_id=name)
                await call.write(directory.WatchRequest(remove=remove))

    async def add(self, call, live: dict[str, FeedRecord], name: str) -> None:
        live[name] = self.records[name]
        add = directory.AddSubscription(subscription_id=name, subscription=live[name].request())
        await call.write(directory.WatchRequest(add=add))
