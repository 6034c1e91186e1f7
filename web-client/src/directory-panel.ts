import { createClient } from "@connectrpc/connect";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { type DirectoryView, followDirectory } from "./directory-feed.ts";
import { bindDirectoryTable } from "./directory-table.ts";
import { find, textElement } from "./dom.ts";
import { createTransport } from "./transport.ts";

/** What {@link mountDirectoryPanel} needs to know. */
export interface DirectoryPanelOptions {
  /** The element that holds the status and the table. */
  root: HTMLElement;
  /** Scheme, host and port of the service: `http://localhost:50051`. */
  origin: string;
  /** The bearer token, as it is when the feed is opened; empty for none. */
  token: () => string;
}

/**
 * Shows the directory live while the page is visible. A page that is hidden lets go of its connection, of which a
 * browser has no more than six a server over HTTP/1.1, and goes on where it was when it is seen again.
 */
export function mountDirectoryPanel({ root, origin, token }: DirectoryPanelOptions): void {
  const client = () =>
    createClient(DirectoryService, createTransport({ protocol: "connect-json", baseUrl: origin, token: token() }));
  const table = bindDirectoryTable(root);
  const connection = bindConnection(root);
  let resumeToken = "";
  let following = false;

  const follow = async () => {
    if (following || document.hidden) return;
    following = true;
    const hidden = new AbortController();
    const stop = () => document.hidden && hidden.abort();
    document.addEventListener("visibilitychange", stop);
    resumeToken = await followDirectory({
      open: (request, options) =>
        client().subscribe({ selector: { kind: { case: "all", value: true } }, ...request }, options),
      view: { ...table, connection },
      signal: hidden.signal,
      resumeToken,
      pause: ms => pause(ms, hidden.signal),
    });
    document.removeEventListener("visibilitychange", stop);
    following = false;
    // It may have come and gone meanwhile.
    follow();
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

const worthATry = ["online", "change"];

/** Waits until the time is up, the network is back, the visitor has changed a field (the token?), or nobody waits any more. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(end, ms);
    function end() {
      clearTimeout(timer);
      for (const event of worthATry) removeEventListener(event, end);
      signal.removeEventListener("abort", end);
      resolve();
    }
    for (const event of worthATry) addEventListener(event, end);
    signal.addEventListener("abort", end);
  });
}

const STATES = {
  connecting: { state: "running", words: "to the directory" },
  live: { state: "ok", words: "each change shows as it happens" },
  lost: { state: "failed", words: "" },
} as const;

/** Binds `#directory-status`. */
function bindConnection(root: ParentNode): DirectoryView["connection"] {
  const status = find(root, "#directory-status", HTMLElement);
  let shown = "";
  return (name, reason) => {
    const { state, words } = STATES[name];
    const text = reason === undefined ? words : `${reason}; trying again`;
    // What has not changed is not read out again.
    if (shown === name + text) return;
    shown = name + text;
    status.dataset.state = state;
    status.replaceChildren(textElement("strong", "status-code", name), ` ${text}`);
  };
}
