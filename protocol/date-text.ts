/** The second that the text is of, in milliseconds. */
let second = Number.NEGATIVE_INFINITY;
let text = "";

/** The value of `date` (RFC 9110 section 6.6.1), made once a second. */
export function dateText(now = Date.now()): string {
  if (now >= second && now < second + 1000) return text;
  second = now - (now % 1000);
  text = new Date(now).toUTCString();
  return text;
}
