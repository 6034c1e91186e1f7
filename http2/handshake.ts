import { ConnectionError, defaultWindow, ErrorCode, preface } from "./frames.ts";
import type { Outbound } from "./outbound.ts";
import type { Pings } from "./pings.ts";
import type { ConnectionReceiveWindow } from "./receive-window.ts";
import { SettingId, settingsPayload } from "./settings.ts";

/** How a connection begins, RFC 9113 section 3.4: each side's preface and SETTINGS, and their acknowledgement. */
export class Handshake {
  /** Whether the peer has acknowledged our SETTINGS. */
  isSettled = false;
  #sentAt = 0;

  /** Sends what goes first. The server tells its limit of streams, the client that nothing may be pushed. */
  send(outbound: Outbound, window: ConnectionReceiveWindow, limits: Limits, now: number): void {
    const { maxStreams, maxHeaderListSize, streamWindow } = limits;
    this.#sentAt = now;
    if (maxStreams === undefined) outbound.output.append(preface);
    outbound.frames.settings(
      settingsPayload([
        maxStreams === undefined ? [SettingId.enablePush, 0] : [SettingId.maxConcurrentStreams, maxStreams],
        [SettingId.maxHeaderListSize, maxHeaderListSize],
        ...(streamWindow === defaultWindow ? [] : [[SettingId.initialWindowSize, streamWindow] as const]),
      ]),
    );
    outbound.frames.windowUpdate(0, window.open());
  }

  /** Takes the acknowledgement, which measures the first round trip. */
  acknowledged(pings: Pings, now: number): void {
    if (this.isSettled) throw new ConnectionError(ErrorCode.protocolError, "SETTINGS are acknowledged twice");
    this.isSettled = true;
    pings.measured(now - this.#sentAt, now);
  }
}

interface Limits {
  /** Undefined on the client's side. */
  readonly maxStreams: number | undefined;
  readonly maxHeaderListSize: number;
  readonly streamWindow: number;
}
