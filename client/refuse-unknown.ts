/** Throws a `TypeError` that names the first of `rest`, which is what is left of options once the known ones are taken. */
export function refuseUnknown(rest: object, of = ""): void {
  for (const name in rest) throw new TypeError(`there is no option "${of}${name}"`);
}
