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
  /** SETTINGS that are not acknowledged. */
  #unacknowledged = 1;

  /** Whether the peer has applied all that was announced: it acknowledges in order. */
  get isAllAcknowledged(): boolean {
    return this.#unacknowledged === 0;
  }

  /** Sends what goes first. The server tells its limit of streams, the client, which has none, that nothing may be pushed. */
  send(
    outbound: Outbound,
    window: ConnectionReceiveWindow,
    maxStreams: number | undefined,
    { maxHeaderListSize, streamWindow }: Limits,
    now: number,
  ): void {
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

  /** Tells with SETTINGS of their own what the peer may send on each stream at first, in bytes. */
  announce(outbound: Outbound, streamWindow: number): void {
    this.#unacknowledged++;
    outbound.frames.settings(settingsPayload([[SettingId.initialWindowSize, streamWindow]]));
  }

  /** Takes an acknowledgement; the first measures the first round trip. */
  acknowledged(pings: Pings, now: number): void {
    if (this.#unacknowledged === 0) {
      throw new ConnectionError(ErrorCode.protocolError, "SETTINGS are acknowledged twice");
    }
    this.#unacknowledged--;
    if (this.isSettled) return;
    this.isSettled = true;
    pings.measured(now - this.#sentAt, now);
  }
}

interface Limits {
  readonly maxHeaderListSize: number;
  readonly streamWindow: number;
}
