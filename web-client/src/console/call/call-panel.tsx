import type { ComponentType } from "preact";
import { lazyView } from "../lazy-view.tsx";
import { type ReplyTab, replyTab } from "../state.ts";
import { CallStatus } from "./call-status.tsx";

const Timeline = lazyView(async () => (await import("../timeline/timeline.tsx")).Timeline);
const WireView = lazyView(async () => (await import("../wire/wire-view.tsx")).WireView);
const CompareView = lazyView(async () => (await import("../wire/compare-view.tsx")).CompareView);
const HistoryView = lazyView(async () => (await import("../history/history-view.tsx")).HistoryView);

/** The tabs at the right, in their order. A room that has one adds its view here. */
const tabs: readonly { readonly tab: ReplyTab; readonly name: string; readonly View: ComponentType }[] = [
  { tab: "timeline", name: "Timeline", View: Timeline },
  { tab: "wire", name: "Wire", View: WireView },
  { tab: "compare", name: "Compare", View: CompareView },
  { tab: "history", name: "History", View: HistoryView },
];

/** What came of a call. */
export function CallPanel() {
  const current = tabs.find(({ tab }) => tab === replyTab.value) ?? tabs[0];
  return (
    <section class="panel replies" aria-labelledby="replies-title">
      <h2 id="replies-title" class="visually-hidden">
        Reply
      </h2>
      <CallStatus />
      <div class="tabs" role="tablist" aria-label="Views of the call">
        {tabs.map(({ tab, name }) => (
          <button
            key={tab}
            type="button"
            role="tab"
            id={`tab-${tab}`}
            aria-controls="reply-view"
            aria-selected={tab === replyTab.value}
            onClick={() => (replyTab.value = tab)}
          >
            {name}
          </button>
        ))}
      </div>
      <div id="reply-view" role="tabpanel" aria-labelledby={`tab-${replyTab.value}`}>
        {current && <current.View />}
      </div>
    </section>
  );
}
