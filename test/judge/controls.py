"""Negative controls: records that are spoiled in one way each. A check that passes one of them is worth nothing."""

import copy
from collections.abc import Callable

from checks import check_feed, check_user_events
from records import SHOWS, FeedRecord, UserEventsRecord
from stubs import users
from truth import Truth


def run_controls(truth: Truth, feeds: list[FeedRecord], streams: list[UserEventsRecord]) -> dict[str, bool]:
    """Spoils good records, and tells for each way whether it was found."""
    everything = [record for record in feeds if record.selector.WhichOneof("kind") == "all"]
    longest = max(everything, key=lambda record: len(record.transactions) if record.complete else 0)
    snapshot = max(feeds, key=lambda record: len(record.snapshot) if record.synced and record.complete else 0)
    stream = max(streams, key=lambda record: len(record.events) if record.complete else 0)
    found: dict[str, bool] = {}

    def control(name: str, record, spoil: Callable, check: Callable) -> None:
        assert check(truth, record) == [], f"the record to spoil is good: {check(truth, record)}"
        spoiled = copy.deepcopy(record)
        spoil(spoiled)
        found[name] = check(truth, spoiled) != []

    for name, spoil in FEED_CONTROLS.items():
        control(name, longest, spoil, check_feed)
    for name, spoil in SNAPSHOT_CONTROLS.items():
        control(name, snapshot, spoil, check_feed)
    for name, spoil in USER_EVENTS_CONTROLS.items():
        control(name, stream, spoil, check_user_events)
    return found


def drop_transaction(record: FeedRecord) -> None:
    del record.transactions[len(record.transactions) // 2]


def drop_event(record: FeedRecord) -> None:
    next(events for events in record.transactions if len(events) > 1).pop()


def double_transaction(record: FeedRecord) -> None:
    middle = len(record.transactions) // 2
    record.transactions.insert(middle, record.transactions[middle])


def swap_transactions(record: FeedRecord) -> None:
    middle = len(record.transactions) // 2
    record.transactions[middle - 1 : middle + 1] = reversed(record.transactions[middle - 1 : middle + 1])


def split_transaction(record: FeedRecord) -> None:
    number = next(number for number, events in enumerate(record.transactions) if len(events) > 1)
    events = record.transactions[number]
    record.transactions[number : number + 1] = [events[:1], events[1:]]


def join_transactions(record: FeedRecord) -> None:
    record.transactions[:2] = [[*record.transactions[0], *record.transactions[1]]]


def drop_last(record: FeedRecord) -> None:
    record.transactions.pop()


def change_event(record: FeedRecord) -> None:
    record.transactions[0][0].time.seconds += 1


def drop_user(record: FeedRecord) -> None:
    record.snapshot.pop()


def change_user(record: FeedRecord) -> None:
    record.snapshot[0].name += "!"


FEED_CONTROLS = {
    "one transaction is missing": drop_transaction,
    "one event of a transaction is missing": drop_event,
    "one transaction comes twice": double_transaction,
    "two transactions are swapped": swap_transactions,
    "a transaction is split": split_transaction,
    "two transactions are one": join_transactions,
    "the last transaction is missing": drop_last,
    "an event is of another time": change_event,
}
SNAPSHOT_CONTROLS = {
    "a user is missing in a snapshot": drop_user,
    "a user of a snapshot is of another moment": change_user,
}


def places(record: UserEventsRecord) -> list[int]:
    """Where the events of the user are of whom there are most."""
    by_user: dict[str, list[int]] = {}
    for index, event in enumerate(record.events):
        if event.event_type not in SHOWS:
            by_user.setdefault(event.user_id, []).append(index)
    return max(by_user.values(), key=len)


def drop_user_event(record: UserEventsRecord) -> None:
    indexes = places(record)
    del record.events[indexes[len(indexes) // 2]]


def double_user_event(record: UserEventsRecord) -> None:
    indexes = places(record)
    middle = indexes[len(indexes) // 2]
    record.events.insert(middle, record.events[middle])


def swap_user_events(record: UserEventsRecord) -> None:
    events, indexes = record.events, places(record)
    one, other = next(
        pair for pair in zip(indexes, indexes[1:]) if events[pair[0]].payload != events[pair[1]].payload
    )
    events[one], events[other] = events[other], events[one]


def drop_last_user_event(record: UserEventsRecord) -> None:
    del record.events[places(record)[-1]]


def drop_answer(record: UserEventsRecord) -> None:
    index = next(index for index, event in enumerate(record.events) if event.event_type in SHOWS)
    user_id = record.events[index].user_id
    record.asked.extend([user_id] * len(record.events))


def show_early(record: UserEventsRecord) -> None:
    """Has an answer say what the user was only later."""
    first, later = next(
        (first, later)
        for first, event in enumerate(record.events)
        if event.event_type == "snapshot"
        for later in record.events[first + 1 :]
        if later.user_id == event.user_id and later.event_type == "snapshot" and later.payload != event.payload
    )
    event = record.events[first]
    record.events[first] = users.UserEvent(event_type="snapshot", user_id=event.user_id, payload=later.payload)


USER_EVENTS_CONTROLS = {
    "an event of a user is missing": drop_user_event,
    "an event of a user comes twice": double_user_event,
    "two events of a user are swapped": swap_user_events,
    "the last event of a user is missing": drop_last_user_event,
    "a request has no answer": drop_answer,
    "a user is shown as it was later": show_early,
}
