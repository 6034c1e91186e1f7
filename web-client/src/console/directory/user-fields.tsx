import { type FieldViolation, Role } from "../../../../client/web.ts";
import { rules } from "../form/form-state.ts";
import { problemsOf } from "../form/problems.ts";
import { schema } from "../state.ts";
import { type DraftField, jsonOf, roleName, type UserDraft } from "./user-draft.ts";

interface UserFieldsProps {
  draft: UserDraft;
  isReadOnly: boolean;
  /** What the server refused. */
  violations: readonly FieldViolation[];
  onChange: (draft: UserDraft) => void;
}

/** The fields of a user, with the rules of the contract told while one types. */
export function UserFields({ draft, isReadOnly, violations, onChange }: UserFieldsProps) {
  const desc = schema.value?.registry.getMessage("concierge.directory.v1.User");
  const found = desc && rules.value ? problemsOf(desc, jsonOf(draft), rules.value) : new Map<string, string>();
  function problemOf(field: DraftField): string {
    const refused = violations.find(violation => violation.field === `user.${field}`)?.description;
    return found.get(field) ?? refused ?? "";
  }
  function text(field: Exclude<DraftField, "role">, label: string) {
    const problem = problemOf(field);
    const id = `user-${field}`;
    return (
      <div class="field">
        <label class="field-name" for={id}>
          {label}
        </label>
        <input
          type="text"
          id={id}
          inputMode={field === "age" ? "numeric" : undefined}
          readOnly={isReadOnly}
          value={draft[field]}
          aria-invalid={problem !== ""}
          aria-describedby={`${id}-problem`}
          onInput={({ currentTarget: { value } }) => onChange({ ...draft, [field]: value })}
        />
        <p class="problem" id={`${id}-problem`} aria-live="polite">
          {problem}
        </p>
      </div>
    );
  }
  return (
    <>
      {text("name", "Name")}
      {text("email", "Email")}
      <div class="field">
        <label class="field-name" for="user-role">
          Role
        </label>
        <select
          id="user-role"
          disabled={isReadOnly}
          value={String(draft.role)}
          onChange={({ currentTarget: { value } }) => onChange({ ...draft, role: Number(value) as Role })}
        >
          {[Role.VIEWER, Role.EDITOR, Role.ADMIN].map(role => (
            <option key={role} value={String(role)}>
              {roleName(role)}
            </option>
          ))}
        </select>
      </div>
      {text("age", "Age")}
      {text("bio", "Bio")}
    </>
  );
}
