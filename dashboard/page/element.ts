type Attributes = Readonly<Record<string, string>>

/** An element with attributes and children. What is text stays text. */
export const createElement = <K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] => {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

/** Only what differs is touched, so nothing is announced twice. */
export const setText = (node: Node, text: string): void => {
  if (node.textContent !== text) node.textContent = text
}

/** Identifiers that nothing else on the page has. */
export const createIdentifiers = (): ((name: string) => string) => {
  let count = 0
  return (name) => `live-${name}-${++count}`
}
