import { type DirectoryView, followDirectory } from "./directory-feed.ts";
import { bindDirectoryTable } from "./directory-table.ts";
import { find, textElement } from "./dom.ts";
import { connectTo } from "./transport.ts";

/** What {@link mountDirectoryPanel} needs to know. */
export interface DirectoryPanelOptions {
  /** The element that holds the status and the table. */
  root: HTMLElement;
  /** Scheme, host and port of the service: `http://localhost:50051`. */
  origin: string;
  /** The field that holds the bearer token, or nothing. */
  token: HTMLInputElement;
}

/**
 * Shows the directory live while the page is visible. A page that is hidden lets go of its connection, of which a
 * browser has no more than six a server over HTTP/1.1, and goes on where it was when it is seen again. A page that is
 * refused goes on when another token is entered.
 */
export function mountDirectoryPanel({ root, origin, token }: DirectoryPanelOptions): void {
  const view = { ...bindDirectoryTable(root), connection: bindConnection(root) };
  let resumeToken = "";
  let following = false;

  const follow = async () => {
    if (following || document.hidden) return;
    following = true;
    const hidden = new AbortController();
    const stop = () => document.hidden && hidden.abort();
    document.addEventListener("visibilitychange", stop);
    // Anew each time: a client keeps the token that it was told.
    const { watch } = connectTo({ protocol: "connect-json", baseUrl: origin, token: () => token.value.trim() });
    resumeToken = await followDirectory({ watch, view, signal: hidden.signal, resumeToken });
    document.removeEventListener("visibilitychange", stop);
    following = false;
    // It may have come and gone meanwhile.
    if (hidden.signal.aborted) follow();
  };
  document.addEventListener("visibilitychange", follow);
  token.addEventListener("change", follow);
  follow();
}

const STATES = {
  connecting: { state: "running", words: "to the directory", next: "" },
  live: { state: "ok", words: "each change shows as it happens", next: "" },
  lost: { state: "failed", words: "", next: "; trying again" },
  refused: { state: "failed", words: "", next: "; enter another token to try again" },
} as const;

/** Binds `#directory-status`. */
function bindConnection(root: ParentNode): DirectoryView["connection"] {
  const status = find(root, "#directory-status", HTMLElement);
  let shown = "";
  return (name, reason) => {
    const { state, words, next } = STATES[name];
    const text = (reason ?? words) + next;
    // What has not changed is not read out again.
    if (shown === name + text) return;
    shown = name + text;
    status.dataset.state = state;
    status.replaceChildren(textElement("strong", "status-code", name), ` ${text}`);
  };
}
