/** Drawing of an element that waits until the element is on screen. */
export interface VisibleDrawing {
  /** Draws now, or when the element comes on screen; then only the latest call counts. */
  readonly draw: (drawing: () => void) => void
  /** Draws what waits, because the whole page is about to be printed. */
  readonly drawNow: () => void
  readonly stop: () => void
}

/**
 * Delays the drawing of an element until it is on screen. A hidden element is never on screen: it draws at once, so that the
 * drawing can decide to show it again.
 */
export const drawWhenVisible = (target: HTMLElement): VisibleDrawing => {
  let isVisible = false
  let waiting: (() => void) | undefined
  const drawNow = () => {
    waiting?.()
    waiting = undefined
  }
  const observer = new IntersectionObserver((entries) => {
    isVisible = entries.at(-1)!.isIntersecting
    if (isVisible) drawNow()
  })
  observer.observe(target)
  return {
    draw: (drawing) => {
      if (isVisible || target.hidden) drawing()
      else waiting = drawing
    },
    drawNow,
    stop: () => observer.disconnect(),
  }
}
