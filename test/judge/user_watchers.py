"""Clients of WatchUserEvents, which ask for the same users again and again while others write."""

import asyncio
import random
from collections import Counter

import grpc
from records import EVERY_USER, UserEventsRecord
from stubs import Client, users
from watchers import Stage, unexpected_end

# Nobody has this id: its answer comes after those to all requests before.
NOBODY = "999999999"


class UserEventsWatcher:
    """Follows three users or all; a patient one is cut off by the server alone."""

    def __init__(self, stage: Stage, seed: int, name: str, follows_all: bool, patient: bool):
        self.stage, self.name, self.follows_all, self.patient = stage, name, follows_all, patient
        self.records: list[UserEventsRecord] = []
        self.random = random.Random(seed)
        self.faults: list[str] = []

    async def run(self) -> None:
        """Opens one stream after the other until one has seen everything."""
        while True:
            record = UserEventsRecord(self.name)
            self.records.append(record)
            async with Client(self.stage.address) as client:
                call = client.users.WatchUserEvents(wait_for_ready=True)
                life = None if self.patient or self.stage.written.is_set() else self.random.uniform(0.2, 4)
                try:
                    async with asyncio.timeout(life):
                        await self.follow(call, record)
                    return
                except TimeoutError:
                    call.cancel()
                except grpc.aio.AioRpcError:
                    self.faults += filter(None, [await unexpected_end(call)])
            await asyncio.sleep(self.random.choice((0, 0.05, 0.3)))

    async def follows(self) -> None:
        """Waits until the stream that is open has begun."""
        while not self.records or not self.records[-1].events:
            await asyncio.sleep(0.02)

    async def follow(self, call, record: UserEventsRecord) -> None:
        asking = asyncio.create_task(self.ask(call, record))
        try:
            await self.read(call, record)
        finally:
            asking.cancel()
            # What became of the stream is told to who reads it.
            await asyncio.gather(asking, return_exceptions=True)

    async def ask(self, call, record: UserEventsRecord) -> None:
        """Asks for a few users, for the same ones in bursts, and for all of them once more after the last write."""
        wanted = [EVERY_USER] if self.follows_all else [str(number) for number in self.random.sample(range(1, 9), 3)]
        for user_id in wanted:
            await self.request(call, record, user_id)
        while not self.stage.written.is_set():
            for _ in range(self.random.choice((1, 1, 5))):
                again = str(self.random.randrange(1, 9)) if self.follows_all else self.random.choice(wanted)
                await self.request(call, record, again)
            await asyncio.sleep(self.random.uniform(0, 0.03))
        last = [*wanted, NOBODY] if self.follows_all else wanted
        record.asked.extend(last)
        record.asked_all = True
        for user_id in last:
            await call.write(users.EventStreamRequest(user_id=user_id))

    async def request(self, call, record: UserEventsRecord, user_id: str) -> None:
        record.asked.append(user_id)
        await call.write(users.EventStreamRequest(user_id=user_id))

    async def read(self, call, record: UserEventsRecord) -> None:
        async for event in call:
            record.events.append(event)
            if record.asked_all and self.is_answered(record):
                record.complete = True
                return
        self.faults.append("the stream ended without an error")

    def is_answered(self, record: UserEventsRecord) -> bool:
        """Whether the last requests have their answers."""
        if self.follows_all:
            return record.events[-1].user_id == NOBODY
        return record.answers() == Counter(record.asked)
