import type {
  DescriptorProto,
  EnumDescriptorProto,
  FileDescriptorProto,
  FileDescriptorSet,
} from "@bufbuild/protobuf/wkt";

/** The comment above a declaration, by its full name; a field's is its message's and its own, joined by a dot. */
export type Comments = (fullName: string) => string;

/** Numbers of fields in descriptor.proto, of which the paths of comments are made (`SourceCodeInfo.Location.path`). */
const inFile = { message: 4, enum: 5, service: 6 };
const inMessage = { field: 2, nested: 3, enum: 4, oneof: 8 };
const enumValue = 2;
const serviceMethod = 2;

/** Reads the comments of contracts; without source information, which generated code leaves out, there are none. */
export function readComments({ file }: FileDescriptorSet): Comments {
  const comments = new Map<string, string>();
  for (const each of file) readFile(each, comments);
  return fullName => comments.get(fullName) ?? "";
}

function readFile(file: FileDescriptorProto, comments: Map<string, string>): void {
  const byPath = new Map<string, string>();
  for (const { path, leadingComments, trailingComments } of file.sourceCodeInfo?.location ?? []) {
    const text = toText(leadingComments || trailingComments);
    if (text !== "") byPath.set(path.join(), text);
  }
  const scope = file.package === "" ? "" : `${file.package}.`;
  function add(name: string, path: readonly number[]) {
    const text = byPath.get(path.join());
    if (text !== undefined) comments.set(name, text);
  }
  function addEnum({ name, value }: EnumDescriptorProto, within: string, path: readonly number[]) {
    add(within + name, path);
    for (const [i, each] of value.entries()) add(`${within}${name}.${each.name}`, [...path, enumValue, i]);
  }
  function addMessage(message: DescriptorProto, within: string, path: readonly number[]) {
    const name = within + message.name;
    add(name, path);
    for (const [i, field] of message.field.entries()) add(`${name}.${field.name}`, [...path, inMessage.field, i]);
    for (const [i, oneof] of message.oneofDecl.entries()) add(`${name}.${oneof.name}`, [...path, inMessage.oneof, i]);
    for (const [i, nested] of message.nestedType.entries())
      addMessage(nested, `${name}.`, [...path, inMessage.nested, i]);
    for (const [i, nested] of message.enumType.entries()) addEnum(nested, `${name}.`, [...path, inMessage.enum, i]);
  }
  for (const [i, message] of file.messageType.entries()) addMessage(message, scope, [inFile.message, i]);
  for (const [i, each] of file.enumType.entries()) addEnum(each, scope, [inFile.enum, i]);
  for (const [i, service] of file.service.entries()) {
    add(scope + service.name, [inFile.service, i]);
    for (const [j, method] of service.method.entries()) {
      add(`${scope}${service.name}.${method.name}`, [inFile.service, i, serviceMethod, j]);
    }
  }
}

/** One paragraph a blank line; lines are broken where the contract's file is full, which says nothing. */
function toText(comment: string): string {
  const lines = comment.split("\n").map(line => line.trim());
  return lines
    .join("\n")
    .trim()
    .replace(/(?<!\n)\n(?!\n)/g, " ");
}
