type Attributes = Readonly<Record<string, string>>

/** Creates an element with attributes and children. A string child becomes text, never markup. */
export const createElement = <K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

/** Sets a text if it differs, because screen readers announce every change of a live region. */
export const setText = (node: Node, text: string): void => {
  if (node.textContent !== text) node.textContent = text
}

/** Returns a function that makes element ids, each unique in the document. */
export const createIdentifiers = (): ((name: string) => string) => {
  let count = 0
  return (name) => `live-${name}-${++count}`
}
