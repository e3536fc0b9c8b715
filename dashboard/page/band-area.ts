const SVG = 'http://www.w3.org/2000/svg'

/** Area between the bounds of a band. It can be dragged, and screen readers skip it. */
export const createBandArea = () => {
  const element = document.createElementNS(SVG, 'svg')
  const path = document.createElementNS(SVG, 'path')
  element.setAttribute('aria-hidden', 'true')
  element.append(path)
  return { element, path, draw: (outline: string) => path.setAttribute('d', outline) }
}
