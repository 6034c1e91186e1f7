"""What clients wrote down: of one subscription over all its streams, and of one stream of WatchUserEvents."""

from collections import Counter
from dataclasses import dataclass, field

from stubs import directory, users

SHOWS = ("snapshot", "not_found")
EVERY_USER = "*"


@dataclass
class FeedRecord:
    """What one subscription got, over all the streams that went on by its tokens."""

    name: str
    selector: directory.Selector
    start: int
    transactions: list[list[directory.Event]] = field(default_factory=list)
    snapshot: list[directory.User] = field(default_factory=list)
    synced: bool = False
    token: str = ""
    resumes: int = 0
    # Nothing was missing at the end, as a bookmark after the last write said.
    complete: bool = False
    faults: list[str] = field(default_factory=list)
    _part: list[directory.Event] | None = None
    _begun: bool = False

    @property
    def events(self) -> list[directory.Event]:
        return [event for transaction in self.transactions for event in transaction]

    @property
    def takes_snapshot(self) -> bool:
        return self.start == directory.START_SNAPSHOT_THEN_FOLLOW

    def request(self) -> directory.SubscribeRequest:
        """Begins the subscription, or goes on with it."""
        if self.token:
            return directory.SubscribeRequest(selector=self.selector, resume_token=self.token)
        return directory.SubscribeRequest(selector=self.selector, start=self.start)

    def cut(self) -> "FeedRecord":
        """The stream has ended: returns the record that the next one goes on with."""
        self._part, self._begun = None, False
        if not self.token:
            return FeedRecord(self.name, self.selector, self.start)
        self.resumes += 1
        return self

    def take(self, message: directory.SubscribeResponse) -> str:
        """Writes a message down, and returns its kind."""
        kind = message.WhichOneof("message")
        if not self._begun and kind != "bookmark":
            self.faults.append(f"begins with {kind} rather than a bookmark")
        self._begun = True
        unsynced = self.takes_snapshot and not self.synced
        resumable = not unsynced or kind == "synced"
        if kind == "snapshot":
            if not unsynced:
                self.faults.append("a snapshot where none belongs")
            self.snapshot.extend(message.snapshot.users)
        elif kind == "synced":
            self.synced = True
        elif kind == "transaction":
            resumable = resumable and not message.transaction.more
            if unsynced:
                self.faults.append("events before synced")
            self._part = [*(self._part or []), *message.transaction.events]
            if not message.transaction.more:
                self.transactions.append(self._part)
                self._part = None
        elif self._part is not None:
            self.faults.append("a bookmark inside of a transaction")
        if bool(message.resume_token) != resumable:
            self.faults.append(f"{kind} {'without' if resumable else 'with'} a token")
        self.token = message.resume_token or self.token
        return kind


@dataclass
class UserEventsRecord:
    """What one stream of WatchUserEvents gave, and what it was asked for."""

    name: str
    events: list[users.UserEvent] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    # No more is asked for.
    asked_all: bool = False
    # Everything that was asked for has been answered, the last of it after the last write.
    complete: bool = False

    @property
    def follows_all(self) -> bool:
        return EVERY_USER in self.asked

    def answers(self) -> Counter:
        """How often each user was shown."""
        return Counter(event.user_id for event in self.events if event.event_type in SHOWS)
