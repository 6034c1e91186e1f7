"""Echoes by python-hyper's h2, as server, with settings and windows by chance: SEED. For h2.peers.ts.

Prints its port. Serves until its input ends. Where a client breaks a rule h2 raises, and the process ends with that.
"""

import os
import random
import socket
import sys
import threading
import traceback

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.settings import SettingCodes


class Session:
    """One connection. What cannot be sent at once waits for the client's windows."""

    def __init__(self, connected, rng):
        self.rng = rng
        self.socket = connected
        self.connection = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.connection.initiate_connection()
        # On an ACK h2 takes all settings for acknowledged, so only one frame of them is under way at a time.
        self.may_change = False
        self.waiting = {}
        self.ended = set()

    def serve(self):
        while True:
            self.socket.sendall(self.connection.data_to_send())
            data = self.socket.recv(self.rng.choice([1, 100, 70_000, 70_000, 70_000, 70_000]))
            if not data:
                return
            received = self.connection.receive_data(data)
            if any(isinstance(event, events.ConnectionTerminated) for event in received):
                return
            gone = {event.stream_id for event in received if isinstance(event, events.StreamReset)}
            for event in received:
                if isinstance(event, events.DataReceived):
                    self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                if getattr(event, "stream_id", None) in gone:
                    self.waiting.pop(event.stream_id, None)
                else:
                    self.handle(event)
            if self.may_change:
                self.reopen()
            for stream_id in list(self.waiting):
                self.send(stream_id)
            if self.may_change and self.rng.random() < 0.2:
                self.change()

    def change(self):
        self.may_change = False
        settings = {SettingCodes.INITIAL_WINDOW_SIZE: self.rng.choice([3_000, 65_535, 500_000])}
        if self.rng.random() < 0.5:
            settings[SettingCodes.HEADER_TABLE_SIZE] = self.rng.choice([0, 200, 4_096, 65_536])
        if self.rng.random() < 0.5:
            settings[SettingCodes.MAX_CONCURRENT_STREAMS] = self.rng.choice([1, 3, 100])
        self.connection.update_settings(settings)

    def reopen(self):
        """Opens windows that a setting has closed: by itself h2 does so only as it is told that bytes were read."""
        for stream_id in self.waiting.keys() - self.ended:
            window = self.connection.remote_flow_control_window(stream_id)
            if window <= 0:
                self.connection.increment_flow_control_window(3_000 - window, stream_id)

    def handle(self, event):
        stream_id = getattr(event, "stream_id", None)
        if isinstance(event, events.RequestReceived):
            self.answer(stream_id, dict(event.headers))
        elif isinstance(event, events.DataReceived) and stream_id in self.waiting:
            self.waiting[stream_id] += event.data
        elif isinstance(event, events.SettingsAcknowledged):
            self.may_change = True
        elif isinstance(event, events.StreamEnded):
            self.ended.add(stream_id)

    def answer(self, stream_id, headers):
        if headers[b":path"] == b"/reset":
            self.connection.reset_stream(stream_id, ErrorCodes.REFUSED_STREAM)
            return
        if headers[b":path"] == b"/early-hints":
            self.connection.send_headers(stream_id, [(b":status", b"103"), (b"link", b"</a>")])
        seen = headers.get(b"x-seen", b"")
        self.connection.send_headers(stream_id, [(b":status", b"200"), (b"x-seen", seen)])
        self.waiting[stream_id] = bytearray()

    def send(self, stream_id):
        body = self.waiting[stream_id]
        while body:
            room = min(self.connection.local_flow_control_window(stream_id), self.connection.max_outbound_frame_size)
            padding = self.rng.randrange(256) if self.rng.random() < 0.2 else None
            part = bytes(body[: max(room - (0 if padding is None else padding + 1), 0)])
            if not part:
                # Without padding it may fit.
                if padding is not None and room > 0:
                    continue
                return
            self.connection.send_data(stream_id, part, pad_length=padding)
            del body[: len(part)]
        if stream_id in self.ended:
            self.connection.send_headers(stream_id, [(b"echo-status", b"0")], end_stream=True)
            del self.waiting[stream_id]


def run(connected, rng):
    try:
        Session(connected, rng).serve()
    except ConnectionError:
        pass
    except Exception:
        traceback.print_exc()
        os._exit(1)
    finally:
        connected.close()


def accept(listening, seed):
    while True:
        connected, _ = listening.accept()
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=run, args=(connected, random.Random(seed)), daemon=True).start()
        seed += 1


listening = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=accept, args=(listening, int(sys.argv[1])), daemon=True).start()
print(listening.getsockname()[1], flush=True)
sys.stdin.read()
