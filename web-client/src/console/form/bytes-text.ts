import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";

/** How bytes are typed. */
export type BytesMode = "text" | "hex" | "base64";

/** Marks what was typed and is no bytes yet; a colon is in no base64, so the message is refused until it is. */
const unfinished = /^(text|hex):/;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** Bytes in Protobuf JSON (base64), as they are typed in a mode. What was unfinished in it comes back as it was. */
export function bytesText(mode: BytesMode, json: string): string {
  if (json.startsWith(`${mode}:`)) return json.slice(mode.length + 1);
  if (mode === "base64") return json.replace(unfinished, "");
  const bytes = bytesOf(json);
  if (!bytes) return "";
  return mode === "hex" ? hexOf(bytes) : new TextDecoder().decode(bytes);
}

/** What was typed, as Protobuf JSON. */
export function readBytesText(mode: BytesMode, text: string): string {
  if (mode === "base64") return text.trim();
  if (mode === "text") return base64Encode(new TextEncoder().encode(text));
  const digits = text.replace(/[\s:,]|0x/g, "");
  return /^([0-9a-f]{2})*$/i.test(digits) ? base64Encode(Uint8Array.fromHex(digits)) : `hex:${text}`;
}

/** The mode that shows bytes best: text where they are printable UTF-8. */
export function modeFor(json: string): BytesMode {
  if (json.startsWith("hex:")) return "hex";
  const bytes = bytesOf(json);
  if (!bytes) return "base64";
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    return /[\x00-\x08\x0b-\x1f\x7f]/.test(strictUtf8.decode(bytes)) ? "hex" : "text";
  } catch {
    return "hex";
  }
}

/** The bytes of a base64 text; undefined where it is none. */
export function bytesOf(json: string): Uint8Array | undefined {
  if (!/^[\w+/-]*={0,2}$/.test(json)) return undefined;
  try {
    return base64Decode(json);
  } catch {
    return undefined;
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join(" ");
}
