/** What the console shows, by the fragment of its address. */
export type Route =
  /** A method, by its path; undefined for the one that is shown first. */
  | { readonly room: "explore"; readonly method: string | undefined }
  | { readonly room: "watch" }
  | { readonly room: "directory" }
  /** A call that somebody shared, packed. */
  | { readonly room: "shared"; readonly packed: string };

/** Reads a fragment, with its `#`; what is none of ours shows the first method. */
export function readRoute(fragment: string): Route {
  const path = decodeSafely(fragment.replace(/^#\/?/, ""));
  if (path === "watch") return { room: "watch" };
  if (path === "directory") return { room: "directory" };
  if (path.startsWith("call/")) return { room: "shared", packed: path.slice("call/".length) };
  return { room: "explore", method: path === "" ? undefined : path };
}

/** The fragment of a route, with its `#`. */
export function fragmentOf(route: Route): string {
  if (route.room === "shared") return `#/call/${route.packed}`;
  return route.room === "explore" ? `#/${route.method ?? ""}` : `#/${route.room}`;
}

/** A fragment that somebody typed may hold a lone percent sign. */
function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
