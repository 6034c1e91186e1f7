"""What is wrong with a record, held against the truth. Each check returns its faults in words; none is well."""

from collections import Counter

from records import EVERY_USER, SHOWS, FeedRecord, UserEventsRecord
from stubs import directory, users
from truth import Truth, key_of, shown
from user_watchers import NOBODY

CHANGES = {"created", "profile_updated", "role_changed", "deleted", "undeleted"}


def check_feed(truth: Truth, record: FeedRecord) -> list[str]:
    """Every selected event from some place on, in order, once, in whole transactions; a snapshot is of that place."""
    faults = list(record.faults)
    selected = truth.selected(record.selector)
    place = {truth.entries[index].key: number for number, index in enumerate(selected)}
    got = [key_of(event) for event in record.events]
    begin = place.get(got[0]) if got else len(selected)
    if begin is None:
        return [*faults, f"an event that is not selected: {got[0]}"]
    expected = [truth.entries[index] for index in selected[begin : begin + len(got)]]
    if got != [entry.key for entry in expected]:
        return [*faults, "not the selected events in order, once each"]
    if record.events != [entry.event for entry in expected]:
        faults.append("an event differs from what the history has")
    groups = group(entry.transaction for entry in expected)
    if groups != [len(events) for events in record.transactions if events]:
        faults.append("transactions are not whole")
    if expected and begin > 0 and truth.entries[selected[begin - 1]].transaction == expected[0].transaction:
        faults.append("begins inside of a transaction")
    if record.start == directory.START_EARLIEST and begin > 0 and (got or record.complete):
        faults.append("does not begin with the earliest event")
    if record.complete and begin + len(got) < len(selected):
        faults.append(f"{len(selected) - begin - len(got)} events are missing at the end")
    if record.takes_snapshot and record.synced and (got or record.complete):
        index = selected[begin] if begin < len(selected) else len(truth.entries)
        if record.snapshot != users_selected(truth, record.selector, index):
            faults.append("the snapshot is not the state that the events begin with")
    return faults


def users_selected(truth: Truth, selector: directory.Selector, index: int) -> list[directory.User]:
    """The users that a snapshot holds before the event with an index, by id."""
    kind = selector.WhichOneof("kind")
    wanted = [
        user
        for user in truth.state_at(index).values()
        if not user.HasField("delete_time")
        and (kind != "user_id" or user.id == selector.user_id)
        and (kind != "role" or user.role == selector.role)
    ]
    return sorted(wanted, key=lambda user: int(user.id))


def group(values) -> list[int]:
    """How often each value follows itself."""
    lengths: list[int] = []
    last = None
    for value in values:
        if lengths and value == last:
            lengths[-1] += 1
        else:
            lengths.append(1)
        last = value
    return lengths


class UserHistory:
    """The events of one user as WatchUserEvents tells them, and the user before each of them and after the last."""

    def __init__(self, truth: Truth, user_id: str):
        self.events: list[tuple[str, bytes]] = []
        self.states: list[bytes | None] = [None]
        for index in truth.by_user[user_id]:
            event = truth.entries[index].event
            if event.HasField("user"):
                text = encoded(shown(event.user))
                self.states.append(None if event.user.HasField("delete_time") else text)
            else:
                text = event.payload
                self.states.append(self.states[-1])
            self.events.append((event.type, text))

    def fits(self, begin: int, items: list[tuple[str, bytes]]) -> bool:
        """Whether items are what happened from a place on, with the user shown in between as it was by then."""
        at = begin
        for kind, text in items:
            if kind in SHOWS:
                state = self.states[at]
                if (kind == "snapshot") != (state is not None) or (state is not None and state != text):
                    return False
            elif at == len(self.events) or self.events[at] != (kind, text):
                return False
            else:
                at += 1
        return True


def check_user_events(truth: Truth, record: UserEventsRecord) -> list[str]:
    """Each user's later events in order, none missing, however often it was asked for; each answer in its place."""
    faults = []
    items: dict[str, list[tuple[str, bytes]]] = {}
    for event in record.events:
        if event.user_id not in (EVERY_USER, NOBODY):
            items.setdefault(event.user_id, []).append((event.event_type, text_of(event)))
    for user_id, got in items.items():
        history = UserHistory(truth, user_id)
        if not record.follows_all and got[0][0] not in SHOWS:
            faults.append(f"user {user_id} is not shown first")
        count = sum(kind not in SHOWS for kind, _ in got)
        last = len(history.events) - count
        begins = [last] if record.complete else range(last + 1)
        if not any(begin >= 0 and history.fits(begin, got) for begin in begins):
            faults.append(f"user {user_id}: not the later events in order, once each, with answers in their places")
    return [*faults, *check_answers(record)]


def check_answers(record: UserEventsRecord) -> list[str]:
    """Of a stream that was read to its end, each request has its answer; `*` is answered for each user there is."""
    if not record.complete:
        return []
    asked, answers = Counter(record.asked), record.answers()
    faults = []
    for user_id, count in asked.items():
        # A user that is deleted is not shown for `*`.
        most = count + asked[EVERY_USER]
        if user_id != EVERY_USER and not count <= answers[user_id] <= most:
            faults.append(f"user {user_id} was asked for {count} times and shown {answers[user_id]} times")
    return faults


def text_of(event: users.UserEvent) -> bytes:
    if event.event_type in CHANGES or event.event_type == "snapshot":
        return encoded(users.User.FromString(event.payload))
    return event.payload


def encoded(user: users.User) -> bytes:
    return user.SerializeToString(deterministic=True)


def check_acknowledged(truth: Truth, replies: list[tuple[str, object]]) -> list[str]:
    """What was acknowledged is in the history once, each call in a transaction of its own."""
    faults, accounted = [], set()
    for kind, reply in replies:
        if kind == "imported":
            known = [truth.by_user[user_id][0] for user_id in reply.ids if truth.by_user[user_id]]
            transactions = {truth.entries[index].transaction for index in known}
            created = [truth.entries[i].event.user_id for number in transactions for i in truth.by_transaction[number]]
            if created != list(reply.ids):
                faults.append(f"an import of {len(reply.ids)} users is not one transaction of them")
            accounted |= transactions
            continue
        found = [truth.transaction_of[key] for key in keys_of(kind, reply) if key in truth.transaction_of]
        # An update that changes nothing has no event.
        if len(set(found)) > 1 or (not found and kind != "updated"):
            faults.append(f"{kind} was acknowledged and is {len(set(found))} times in the history: {reply}")
        accounted.update(found)
    unknown = set(truth.by_transaction) - accounted - {0}
    if unknown:
        faults.append(f"{len(unknown)} transactions were acknowledged to nobody")
    return faults


def keys_of(kind: str, reply) -> list[tuple[str, str, bytes]]:
    if kind == "reported":
        return [(reply.user_id, reply.type, reply.payload)]
    kinds = ("role_changed", "profile_updated") if kind == "updated" else (kind,)
    return [(reply.id, each, reply.etag.encode()) for each in kinds]
