import type { Route } from "./route.ts";
import { paletteOpen, route, schema, token } from "./state.ts";

/** A room of the console, by the fragment that opens it. */
interface Room {
  readonly room: Route["room"];
  readonly fragment: string;
  readonly name: string;
  /** The service that it is made for; without it there is no such room. */
  readonly needs?: string;
}

const rooms: readonly Room[] = [
  { room: "explore", fragment: "#/", name: "Explore" },
  { room: "watch", fragment: "#/watch", name: "Watch" },
  { room: "directory", fragment: "#/directory", name: "Directory", needs: "concierge.directory.v1.DirectoryService" },
];

/** The bar at the top: which room, the search, and the token. */
export function Masthead() {
  const current = route.value.room === "shared" ? "explore" : route.value.room;
  return (
    <header class="bar">
      <a class="bar-title" href="#/">
        <Bell />
        <h1>Concierge</h1>
        <span>console</span>
      </a>
      <nav class="rooms" aria-label="Rooms">
        {rooms.filter(isServed).map(({ room, fragment, name }) => (
          <a key={room} href={fragment} aria-current={room === current ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <button
        type="button"
        class="find"
        onClick={() => (paletteOpen.value = true)}
        aria-keyshortcuts="Control+K Meta+K"
      >
        Find a method <kbd>{shortcut}</kbd>
      </button>
      <label class="token">
        <span>Access token</span>
        <input
          type="password"
          autocomplete="off"
          spellcheck={false}
          // Not held to the value: what is typed while the contracts load must stay.
          defaultValue={token.value}
          placeholder="none"
          title="Kept in memory only; public calls need none"
          onChange={event => (token.value = event.currentTarget.value.trim().replace(/^bearer\s+/i, ""))}
        />
      </label>
    </header>
  );
}

function isServed({ needs }: Room): boolean {
  return needs === undefined || (schema.value?.services.some(({ name }) => name === needs) ?? false);
}

const shortcut = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘K" : "Ctrl K";

function Bell() {
  return (
    <svg class="bell" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="8.5" r="2.2" />
      <rect x="15" y="9" width="2" height="4" />
      <path d="M5 23a11 11 0 0 1 22 0z" />
      <rect x="2.5" y="24.5" width="27" height="4" rx="2" />
    </svg>
  );
}
