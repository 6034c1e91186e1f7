/** Lets the bell ring once; a ring that is still going starts over. Visitors who want less motion see none. */
export function ringBell(bell: SVGElement): void {
  bell.classList.remove("ringing");
  // Asking for the box makes the browser notice the removal, without which the animation would not start again.
  bell.getBoundingClientRect();
  bell.classList.add("ringing");
}
