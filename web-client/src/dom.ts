/**
 * The first element inside `root` that matches `selector`. Throws when there is none of that type: the page and its
 * modules then disagree, which no visitor can mend.
 */
export function find<Type extends Element>(root: ParentNode, selector: string, type: new () => Type): Type {
  const found = root.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} that matches "${selector}"`);
}

/** Creates an element with a class and a text. */
export function textElement(tag: string, className: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
