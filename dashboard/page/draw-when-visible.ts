/**
 * Runs what draws an element once it is on screen; of several asked for while it is not, only the last. One that hides
 * itself is never on screen, and may draw to see whether it still should.
 */
export interface VisibleDrawing {
  readonly draw: (drawing: () => void) => void
  readonly stop: () => void
}

export const drawWhenVisible = (target: HTMLElement): VisibleDrawing => {
  let seen = false
  let waiting: (() => void) | undefined
  const observer = new IntersectionObserver((entries) => {
    seen = entries.at(-1)!.isIntersecting
    if (!seen || waiting === undefined) return
    waiting()
    waiting = undefined
  })
  observer.observe(target)
  return {
    draw: (drawing) => {
      if (seen || target.hidden) drawing()
      else waiting = drawing
    },
    stop: () => observer.disconnect(),
  }
}
