import type { HelloReply } from "../../gen/greeter/greeter_pb.ts";
import { find, textElement } from "./dom.ts";

/** The list of one call's replies. */
export interface ReplyLog {
  clear: () => void;
  /** Adds a reply at the end, with when and by whom it was given. */
  add: (reply: HelloReply) => void;
}

const timeOfDay = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** Binds the list in `#replies`. */
export function bindReplyLog(root: ParentNode): ReplyLog {
  const list = find(root, "#replies ol", HTMLOListElement);
  return {
    clear: () => list.replaceChildren(),
    add({ message, timestamp, serverId }) {
      const origin = textElement("p", "reply-origin", "");
      origin.append(timeElement(timestamp), ` from ${serverId}`);
      const item = document.createElement("li");
      item.append(textElement("p", "reply-message", message), origin);
      list.append(item);
    },
  };
}

/** The server's time in the visitor's zone and habits, or as it came where it is no date. */
function timeElement(timestamp: string): HTMLTimeElement {
  const time = document.createElement("time");
  const date = new Date(timestamp);
  time.dateTime = timestamp;
  time.textContent = Number.isNaN(date.getTime()) ? timestamp : timeOfDay.format(date);
  return time;
}
