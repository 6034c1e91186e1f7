"""Plays random sessions by python-hyper's h2, as client, on a server that echoes: PORT SEED SESSIONS. For h2.peers.ts.

h2 raises where the server breaks a rule. Prints what was played, as JSON.
"""

import json
import random
import socket
import sys

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.settings import SettingCodes

TARGET = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"localhost"), (b":path", b"/echo")]


class Call:
    """A request under way, and what has come of its reply."""

    def __init__(self, rng):
        self.body = rng.randbytes(rng.choice([0, 1, 100, 5_000, 100_000]))
        self.sent = 0
        self.received = bytearray()
        self.trailers = {}
        self.has_trailers = rng.random() < 0.3
        self.is_sent = False
        self.is_over = False
        self.resets_at = rng.randrange(len(self.body) + 1) if rng.random() < 0.15 else None

    def check(self):
        assert self.received == self.body, f"{len(self.received)} bytes came back of {len(self.body)}"
        assert self.trailers.get(b"echo-status") == b"0", f"trailers {self.trailers}"


class Session:
    def __init__(self, port, rng):
        self.rng = rng
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self.connection.initiate_connection()
        # On an ACK h2 takes all settings for acknowledged, so only one frame of them is under way at a time.
        self.may_change = False
        self.calls = {}
        self.seen = {"streams": 0, "resets": 0, "bytes": 0}

    def play(self):
        to_open = self.rng.randrange(1, 12)
        while to_open or any(not call.is_over for call in self.calls.values()):
            if to_open and self.rng.random() < 0.5:
                self.open()
                to_open -= 1
            for stream_id, call in self.calls.items():
                self.send(stream_id, call)
            if self.rng.random() < 0.05:
                self.connection.ping(self.rng.randbytes(8))
            if self.may_change and self.rng.random() < 0.3:
                self.change()
            self.socket.sendall(self.connection.data_to_send())
            if any(not call.is_over for call in self.calls.values()):
                self.receive()
        self.connection.close_connection()
        self.socket.sendall(self.connection.data_to_send())
        self.socket.close()

    def change(self):
        self.may_change = False
        settings = {SettingCodes.INITIAL_WINDOW_SIZE: self.rng.choice([3_000, 65_535, 1_000_000])}
        if self.rng.random() < 0.5:
            settings[SettingCodes.HEADER_TABLE_SIZE] = self.rng.choice([0, 100, 4_096, 65_536])
        self.connection.update_settings(settings)

    def reopen(self):
        """Opens windows that a setting has closed: by itself h2 does so only as it is told that bytes were read."""
        for stream_id, call in self.calls.items():
            window = 1 if call.is_over else self.connection.remote_flow_control_window(stream_id)
            if window <= 0:
                self.connection.increment_flow_control_window(3_000 - window, stream_id)

    def open(self):
        stream_id = self.connection.get_next_available_stream_id()
        call = self.calls[stream_id] = Call(self.rng)
        fields = [(b"x-%d" % n, self.rng.randbytes(self.rng.randrange(30)).hex().encode()) for n in range(3)]
        if self.rng.random() < 0.5 and not call.has_trailers:
            fields.append((b"content-length", b"%d" % len(call.body)))
        self.connection.send_headers(stream_id, TARGET + fields)
        self.seen["streams"] += 1

    def send(self, stream_id, call):
        """Sends a part of the body where the windows allow it, padded at times."""
        if call.is_sent or call.is_over:
            return
        if call.resets_at is not None and call.sent >= call.resets_at:
            self.connection.reset_stream(stream_id, self.rng.choice([ErrorCodes.CANCEL, ErrorCodes.NO_ERROR]))
            self.seen["resets"] += 1
            call.is_over = True
            return
        room = min(self.connection.local_flow_control_window(stream_id), self.connection.max_outbound_frame_size)
        padding = self.rng.randrange(256) if self.rng.random() < 0.2 else None
        overhead = 0 if padding is None else padding + 1
        part = call.body[call.sent : call.sent + min(max(room - overhead, 0), self.rng.randrange(1, 20_000))]
        left = len(call.body) - call.sent - len(part)
        if part:
            self.connection.send_data(stream_id, part, end_stream=not left and not call.has_trailers, pad_length=padding)
            call.sent += len(part)
        if left or (not part and call.body and not call.has_trailers):
            return
        if call.has_trailers:
            self.connection.send_headers(stream_id, [(b"x-sum", b"1")], end_stream=True)
        elif not call.body:
            self.connection.end_stream(stream_id)
        call.is_sent = True

    def receive(self):
        data = self.socket.recv(self.rng.choice([1, 100, 70_000, 70_000, 70_000, 70_000]))
        assert data, "the server hung up"
        for event in self.connection.receive_data(data):
            self.handle(event)
        if self.may_change:
            self.reopen()

    def handle(self, event):
        assert not isinstance(event, events.ConnectionTerminated), f"GOAWAY {event}"
        if isinstance(event, events.SettingsAcknowledged):
            self.may_change = True
        call = self.calls.get(getattr(event, "stream_id", None))
        if isinstance(event, events.DataReceived):
            self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.seen["bytes"] += len(event.data)
            call.received += event.data
        elif isinstance(event, events.TrailersReceived):
            call.trailers = dict(event.headers)
        elif isinstance(event, events.ResponseReceived):
            assert dict(event.headers)[b":status"] == b"200"
        elif isinstance(event, events.StreamEnded) and not call.is_over:
            call.check()
            call.is_over = True
        elif isinstance(event, events.StreamReset):
            assert call.is_over, f"the server reset {event.stream_id} with {event.error_code}"


port, seed, sessions = map(int, sys.argv[1:])
total = {"sessions": 0, "streams": 0, "resets": 0, "bytes": 0}
for number in range(seed, seed + sessions):
    session = Session(port, random.Random(number))
    try:
        session.play()
    except Exception as error:
        raise Exception(f"PEERS_SEED={number} repeats it") from error
    total["sessions"] += 1
    for what, count in session.seen.items():
        total[what] += count
json.dump(total, sys.stdout)
