"""Judges a server's feed by foreign clients: judge.py ADDRESS SEED SECONDS

Writers change the directory while watchers follow it by Subscribe, Watch and WatchUserEvents, cut off by chance, by
their own or the server's doing. In the end each record is held against the replayed history. Prints "written" once there was
enough, waits for a line on its standard input, from when on the server must stay, and prints what it found, in JSON.
"""

import asyncio
import json
import random
import sys
from collections import Counter

from checks import check_acknowledged, check_feed, check_user_events
from controls import run_controls
from records import EVERY_USER, UserEventsRecord
from stubs import Client, directory
from truth import read_truth
from user_watchers import UserEventsWatcher
from watchers import MultiWatcher, Stage, Subscriber
from writers import Ledger, Writer

WRITERS, SUBSCRIBERS, MULTI_WATCHERS, USER_WATCHERS = 5, 10, 3, 5
STARTS = (
    directory.START_EARLIEST,
    directory.START_NOW,
    directory.START_SNAPSHOT_THEN_FOLLOW,
    directory.START_SNAPSHOT_THEN_FOLLOW,
)


def choose_selector(chance: random.Random) -> directory.Selector:
    kind = chance.random()
    if kind < 0.4:
        return directory.Selector(all=True)
    if kind < 0.7:
        return directory.Selector(role=chance.randrange(1, 4))
    return directory.Selector(user_id=str(chance.randrange(1, 9)))


async def judge(address: str, seed: int, seconds: float) -> dict:
    chance = random.Random(seed)
    stage, ledger = Stage(address), Ledger()
    writers = [Writer(address, f"{seed}-{i}", ledger, chance.getrandbits(32)) for i in range(WRITERS)]
    patient = UserEventsWatcher(stage, chance.getrandbits(32), "user events 0", follows_all=True, patient=True)
    user_watchers = [patient, *make_user_watchers(stage, chance)]
    watchers = [*make_watchers(stage, chance), *user_watchers]
    watching = [asyncio.create_task(watcher.run()) for watcher in watchers]
    writing = [asyncio.create_task(writer.run()) for writer in writers]
    await asyncio.sleep(seconds)
    ledger.over = True
    await asyncio.gather(*writing)
    print("written", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await patient.follows()
    await writers[0].finish()
    stage.written.set()
    await asyncio.gather(*watching)
    async with Client(address) as client:
        truth = await read_truth(client)
    problems = [*truth.faults, *check_acknowledged(truth, ledger.replies)]
    for record in stage.records:
        problems += [f"{record.name} from {record.start}: {fault}" for fault in check_feed(truth, record)]
    for watcher in user_watchers:
        faults = [fault for record in watcher.records for fault in check_user_events(truth, record)]
        problems += [f"{watcher.name}: {fault}" for fault in [*watcher.faults, *faults]]
    streams = [record for watcher in user_watchers for record in watcher.records]
    return {
        "problems": problems,
        # Where records are bad, there is none to spoil.
        "controls": {} if problems else run_controls(truth, stage.records, streams),
        "counts": count(truth, stage, streams, ledger),
    }


def make_user_watchers(stage: Stage, chance: random.Random):
    for number in range(1, USER_WATCHERS):
        name = f"user events {number}"
        yield UserEventsWatcher(stage, chance.getrandbits(32), name, follows_all=number % 2 == 0, patient=False)


def make_watchers(stage: Stage, chance: random.Random):
    everything = directory.Selector(all=True)
    for number in range(SUBSCRIBERS):
        selector = everything if number < len(STARTS) else choose_selector(chance)
        record = stage.open(f"subscriber {number}", selector, STARTS[number % len(STARTS)])
        yield Subscriber(stage, chance.getrandbits(32), record, slow=number % 5 == 4)
    for number in range(MULTI_WATCHERS):
        records = {}
        for name in "abc":
            start = chance.choice(STARTS)
            records[name] = stage.open(f"watch {number}{name}", choose_selector(chance), start)
        yield MultiWatcher(stage, chance.getrandbits(32), records)


def count(truth, stage: Stage, streams: list[UserEventsRecord], ledger: Ledger) -> dict[str, int]:
    asked = [user_id for record in streams for user_id in record.asked if user_id != EVERY_USER]
    return {
        "acknowledged": len(ledger.replies),
        "transactions": len(truth.by_transaction),
        "events": len(truth.entries),
        "records": len(stage.records),
        "resumes": sum(record.resumes for record in stage.records),
        "snapshots": sum(record.synced for record in stage.records),
        "recorded": sum(len(record.events) for record in stage.records),
        "user streams": len(streams),
        "user events": sum(len(record.events) for record in streams),
        "repeated requests": len(asked) - len({(id(r), u) for r in streams for u in r.asked}),
        **{f"writes {kind}": number for kind, number in Counter(kind for kind, _ in ledger.replies).items()},
        **{f"refused {what}": number for what, number in ledger.refused.items()},
    }


if __name__ == "__main__":
    found = asyncio.run(judge(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
    print(json.dumps(found), flush=True)
