import { mountAccessPanel } from "./access-panel.ts";
import { mountDirectoryPanel } from "./directory-panel.ts";
import { find } from "./dom.ts";
import { mountGreeterPanel } from "./greeter-panel.ts";
import { standingOf } from "./standing.ts";

/** The page is served by the service it calls. */
const { origin, host } = location;
const bell = find(document, "#bell", SVGElement);

find(document, "#address", HTMLElement).textContent = host;
mountGreeterPanel({ root: find(document, "#greeter", HTMLElement), origin, onReply: () => ringBell(bell) });
const access = mountAccessPanel(find(document, "#access", HTMLElement));
mountDirectoryPanel({
  root: find(document, "#directory", HTMLElement),
  origin,
  token: find(document, "#token", HTMLInputElement),
  onAnswer(refusal) {
    const standing = standingOf(refusal);
    if (standing) access.show(standing);
  },
});

/** Lets the bell ring once; a ring that is still going starts over. Visitors who want less motion see none. */
function ringBell(bell: SVGElement): void {
  bell.classList.remove("ringing");
  // Asking for the box makes the browser notice the removal, without which the animation would not start again.
  bell.getBoundingClientRect();
  bell.classList.add("ringing");
}
