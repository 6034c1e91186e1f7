"""What really happened: the history as it is replayed from its beginning, when all is quiet."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from stubs import Client, directory, users

ROLES = {
    directory.ROLE_VIEWER: users.USER_ROLE_VIEWER,
    directory.ROLE_EDITOR: users.USER_ROLE_EDITOR,
    directory.ROLE_ADMIN: users.USER_ROLE_ADMIN,
}

Key = tuple[str, str, bytes]


def key_of(event: directory.Event) -> Key:
    """Which event it is: an etag is of one state alone, and each writer's payloads are its own."""
    return event.user_id, event.type, event.user.etag.encode() if event.HasField("user") else event.payload


@dataclass
class Entry:
    """An event with what was around it."""

    event: directory.Event
    # The number of its transaction.
    transaction: int
    # The user as the transaction found it.
    before: directory.User | None
    key: Key


@dataclass
class Truth:
    entries: list[Entry]
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by_transaction: dict[int, list[int]] = defaultdict(list)
        self.by_user: dict[str, list[int]] = defaultdict(list)
        for index, entry in enumerate(self.entries):
            self.by_transaction[entry.transaction].append(index)
            self.by_user[entry.event.user_id].append(index)
        doubled = [key for key, count in Counter(entry.key for entry in self.entries).items() if count > 1]
        if doubled:
            self.faults.append(f"the history has events twice: {doubled[:3]}")
        self.transaction_of = {entry.key: entry.transaction for entry in self.entries}

    def selected(self, selector: directory.Selector) -> list[int]:
        """The indexes of the events that a selector selects."""
        return [index for index, entry in enumerate(self.entries) if selects(selector, entry)]

    def state_at(self, index: int) -> dict[str, directory.User]:
        """The users as the events before an index left them, deleted ones too."""
        return {entry.event.user_id: entry.event.user for entry in self.entries[:index] if entry.event.HasField("user")}


def selects(selector: directory.Selector, entry: Entry) -> bool:
    kind = selector.WhichOneof("kind")
    if kind == "user_id":
        return entry.event.user_id == selector.user_id
    if kind == "role":
        after = entry.event.user if entry.event.HasField("user") else entry.before
        return any(user is not None and user.role == selector.role for user in (entry.before, after))
    return True


def shown(user: directory.User) -> users.User:
    """A user as techoral.users.v1 shows it."""
    bio = {"bio": user.bio} if user.HasField("bio") else {}
    time = user.create_time.seconds
    return users.User(id=user.id, name=user.name, email=user.email, role=ROLES[user.role], created_at=time, **bio)


async def read_truth(client: Client) -> Truth:
    """Replays the history, and holds the state that it comes to against the export."""
    selector = directory.Selector(all=True)
    call = client.directory.Subscribe(directory.SubscribeRequest(selector=selector, start=directory.START_EARLIEST))
    transactions: list[list[directory.Event]] = [[]]
    async for message in call:
        kind = message.WhichOneof("message")
        if kind == "bookmark" and len(transactions) > 1:
            break
        if kind == "transaction":
            transactions[-1].extend(message.transaction.events)
            if not message.transaction.more:
                transactions.append([])
    call.cancel()
    truth = Truth(list(entries_of(transactions)))
    exported = directory.ExportUsersRequest(show_deleted=True)
    users_now = {user.id: user async for user in client.directory.ExportUsers(exported)}
    if users_now != truth.state_at(len(truth.entries)):
        truth.faults.append("the replayed history does not come to the users of the export")
    return truth


def entries_of(transactions: list[list[directory.Event]]):
    state: dict[str, directory.User] = {}
    for number, events in enumerate(transactions):
        found = {event.user_id: state.get(event.user_id) for event in events}
        for event in events:
            yield Entry(event, number, found[event.user_id], key_of(event))
            if event.HasField("user"):
                state[event.user_id] = event.user
