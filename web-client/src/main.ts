import { ringBell } from "./bell.ts";
import { mountDirectoryPanel } from "./directory-panel.ts";
import { find } from "./dom.ts";
import { mountGreeterPanel } from "./greeter-panel.ts";

/** The page is served by the service it calls. */
const { origin, host } = location;
const bell = find(document, "#bell", SVGElement);

find(document, "#address", HTMLElement).textContent = host;
mountGreeterPanel({ root: find(document, "#greeter", HTMLElement), origin, onReply: () => ringBell(bell) });
const token = find(document, "#token", HTMLInputElement);
mountDirectoryPanel({ root: find(document, "#directory", HTMLElement), origin, token });
