/** What a drag does. */
export interface Dragging {
  readonly move: (event: PointerEvent) => void
  /** It was let go, or taken back. */
  readonly end: (kept: boolean) => void
}

/** Follows one pointer from where it went down until it is let go; Escape takes it back, and so does what is returned. */
export const drag = (target: Element, down: PointerEvent, { move, end }: Dragging): (() => void) => {
  const listening = new AbortController()
  const { signal } = listening
  const finish = (kept: boolean) => {
    if (signal.aborted) return
    listening.abort()
    end(kept)
  }
  const takeBack = () => finish(false)
  down.preventDefault()
  target.setPointerCapture(down.pointerId)
  target.addEventListener('pointermove', (event) => move(event as PointerEvent), { signal })
  target.addEventListener('pointerup', () => finish(true), { signal })
  target.addEventListener('pointercancel', takeBack, { signal })
  document.addEventListener(
    'keydown',
    ({ key }) => {
      if (key === 'Escape') takeBack()
    },
    { signal },
  )
  return takeBack
}
