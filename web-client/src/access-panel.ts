import { Access } from "../../gen/concierge/policy/v1/policy_pb.ts";
import { find, textElement } from "./dom.ts";
import { closedBecause, LEVELS, type MethodGroup, methodsWith, type Standing } from "./standing.ts";

/** Shows what the visitor may call. */
export interface AccessPanel {
  show: (standing: Standing) => void;
}

const WHO: Record<(typeof LEVELS)[number], string> = {
  [Access.PUBLIC]: "Everybody",
  [Access.VIEWER]: "Viewers",
  [Access.EDITOR]: "Editors",
  [Access.ADMIN]: "Admins",
};

/** Fills `#access-rows` with all methods, by who may call them as their contracts state it. */
export function mountAccessPanel(root: ParentNode): AccessPanel {
  const body = find(root, "#access-rows", HTMLTableSectionElement);
  const verdicts = LEVELS.map(access => {
    const row = body.insertRow();
    const head = textElement("th", "", WHO[access]);
    head.setAttribute("scope", "row");
    const verdict = textElement("td", "verdict", "–");
    row.append(head, methodsCell(methodsWith(access)), verdict);
    return { access, verdict };
  });
  return {
    show(standing) {
      for (const { access, verdict } of verdicts) {
        const why = closedBecause(access, standing);
        verdict.dataset.open = String(why === "");
        verdict.textContent = why === "" ? "open to you" : `closed: ${why}`;
      }
    },
  };
}

function methodsCell(groups: readonly MethodGroup[]): HTMLElement {
  const cell = document.createElement("td");
  for (const { service, methods } of groups) {
    const names = methods.map(({ name, self }) => (self ? `${name}*` : name)).join(", ");
    const line = textElement("p", "", "");
    line.append(textElement("code", "", service), ` ${names}`);
    cell.append(line);
  }
  return cell;
}
