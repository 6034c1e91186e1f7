import type { ConciergeError } from "../../client/web.ts";
import { adviceFor } from "./advice.ts";
import { type FollowState, followDirectory } from "./directory-feed.ts";
import { bindDirectoryTable } from "./directory-table.ts";
import { find } from "./dom.ts";
import { readToken } from "./rules.ts";
import { type Status, showStatus } from "./status.ts";
import { connectTo } from "./transport.ts";

/** What {@link mountDirectoryPanel} needs to know. */
export interface DirectoryPanelOptions {
  /** The element that holds the status and the table. */
  root: HTMLElement;
  /** Scheme, host and port of the service: `http://localhost:50051`. */
  origin: string;
  /** The field that holds the bearer token, or nothing. */
  token: HTMLInputElement;
  /** Told whether the visitor may follow all users, with the refusal if not. */
  onAnswer: (refusal: ConciergeError | undefined) => void;
}

/**
 * Shows the directory live while the page is visible. A page that is hidden lets go of its connection, of which a
 * browser has no more than six a server over HTTP/1.1, and goes on where it was when it is seen again. With another token
 * it begins anew.
 */
export function mountDirectoryPanel({ root, origin, token, onAnswer }: DirectoryPanelOptions): void {
  const table = bindDirectoryTable(root);
  const showState = bindStatus(root);
  const retry = bindRetry(root, () => running?.abort());
  let resumeToken = "";
  let running: AbortController | undefined;

  function connection(state: FollowState, error?: ConciergeError, retryInMs?: number) {
    showState(state, error);
    retry(state, retryInMs);
    if (state === "live" || state === "listed" || state === "refused") onAnswer(error);
  }
  async function follow() {
    if (running || document.hidden) return;
    const own = new AbortController();
    running = own;
    const entered = readToken(token.value);
    const concierge = connectTo({
      protocol: "connect-json",
      baseUrl: origin,
      // What is no token has its problem said below the field.
      token: entered.ok ? entered.value : "",
    });
    const view = { ...table, connection };
    const next = await followDirectory({ concierge, view, signal: own.signal, resumeToken });
    // Unless another began anew meanwhile.
    if (running !== own) return;
    running = undefined;
    resumeToken = next;
    // A page that was hidden may be seen again by now, and a pause that was cut short is over.
    if (own.signal.aborted) follow();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) running?.abort();
    else follow();
  });
  token.addEventListener("change", () => {
    running?.abort();
    running = undefined;
    resumeToken = "";
    follow();
  });
  follow();
}

/** How each state is shown. */
const STATES: Record<FollowState, (error: ConciergeError | undefined) => Omit<Status, "code">> = {
  connecting: () => ({ state: "running", words: "to the directory" }),
  live: () => ({ state: "ok", words: "each change shows as it happens" }),
  lost: error => ({ state: "failed", words: `${textOf(error)}; waiting for the server` }),
  listed: error => ({ state: "ok", words: "as it is now; changes do not show", advice: textOf(error) }),
  refused: error => ({ state: "failed", words: textOf(error), advice: error && adviceFor(error) }),
};

function textOf(error: ConciergeError | undefined): string {
  return error ? `${error.codeName}: ${error.message}` : "";
}

/** Binds `#directory-status`. */
function bindStatus(root: ParentNode): (state: FollowState, error?: ConciergeError) => void {
  const status = find(root, "#directory-status", HTMLElement);
  let before = "";
  return (name, error) => {
    const { state, words, advice = "" } = STATES[name](error);
    // What has not changed is not read out again.
    if (before === name + words + advice) return;
    before = name + words + advice;
    showStatus(status, { state, code: name, words, advice });
  };
}

/** Binds `#directory-retry`, which says when a lost connection is tried again, and tries at once for who does not wait. */
function bindRetry(root: ParentNode, tryNow: () => void): (state: FollowState, retryInMs?: number) => void {
  const place = find(root, "#directory-retry", HTMLElement);
  const words = find(place, ".hint", HTMLElement);
  find(place, "button", HTMLButtonElement).addEventListener("click", tryNow);
  return (state, retryInMs = 0) => {
    // Stays while it connects: a button that goes takes the focus with it.
    if (state !== "connecting") place.hidden = state !== "lost";
    words.textContent = state === "lost" ? `Tries by itself within ${Math.ceil(retryInMs / 1000)} s` : "Trying …";
  };
}
