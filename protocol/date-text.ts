let second = -1;
let text = "";

/** The value of `date` (RFC 9110 section 6.6.1), made once a second. */
export function dateText(now = Date.now()): string {
  const current = Math.floor(now / 1000);
  if (current !== second) {
    second = current;
    text = new Date(now).toUTCString();
  }
  return text;
}
