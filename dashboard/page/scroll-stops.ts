/**
 * Lets the Tab key reach the parts of an element that scroll, and only those, so that the keys can scroll them. A part is named
 * by its `data-scroll-name`.
 */
export const createScrollStops = (element: HTMLElement, parts: string) => {
  const update = () => {
    for (const part of element.querySelectorAll<HTMLElement>(parts))
      markStop(part, part.scrollHeight > part.clientHeight)
  }
  const observer = new ResizeObserver(update)
  observer.observe(element)
  return { update, close: () => observer.disconnect() }
}

const markStop = (part: HTMLElement, scrolls: boolean): void => {
  const attributes = { tabindex: '0', role: 'group', 'aria-label': part.dataset['scrollName'] ?? '' }
  for (const [name, value] of Object.entries(attributes)) {
    if (scrolls) part.setAttribute(name, value)
    else part.removeAttribute(name)
  }
}
