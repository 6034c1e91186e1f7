import { fragmentOf } from "../route.ts";
import { method, schema } from "../state.ts";
import type { Method, MethodKind, Service } from "./schema.ts";

/** What the kinds are called, and how they are drawn: one arrow for one message, two for a stream. */
export const kindNames: Readonly<Record<MethodKind, { readonly name: string; readonly sign: string }>> = {
  unary: { name: "unary", sign: "→" },
  server_streaming: { name: "server streaming", sign: "⇉" },
  client_streaming: { name: "client streaming", sign: "⇶" },
  bidi_streaming: { name: "bidirectional", sign: "⇄" },
};

/** Every service with its methods. */
export function MethodTree() {
  return (
    <nav class="tree" aria-label="Methods" aria-busy={!schema.value}>
      {schema.value?.services.map(service => (
        <ServiceBranch key={service.name} service={service} />
      ))}
    </nav>
  );
}

function ServiceBranch({ service }: { service: Service }) {
  const dot = service.name.lastIndexOf(".") + 1;
  return (
    <details open>
      <summary title={service.comment}>
        <span class="tree-package">{service.name.slice(0, dot)}</span>
        <wbr />
        {service.name.slice(dot)}
      </summary>
      <ul>
        {service.methods.map(each => (
          <li key={each.path}>
            <MethodLink method={each} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function MethodLink({ method: shown }: { method: Method }) {
  const kind = kindNames[shown.kind];
  return (
    <a
      href={fragmentOf({ room: "explore", method: shown.path })}
      aria-current={shown === method.value ? "page" : undefined}
      title={shown.comment}
    >
      <span class="kind-sign" aria-hidden="true">
        {kind.sign}
      </span>
      <span>
        {shown.name}
        <span class="visually-hidden"> ({kind.name})</span>
      </span>
      {shown.role && shown.role !== "public" && <span class="role">{shown.role}</span>}
    </a>
  );
}
