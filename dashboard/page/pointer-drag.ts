import { defer, filter, fromEvent, map, merge, type Observable, takeWhile } from 'rxjs'

/** Step of a drag: the pointer moved, was released, or the drag was cancelled. */
export type DragEvent =
  { readonly event: 'move'; readonly pointer: PointerEvent } | { readonly event: 'drop' } | { readonly event: 'cancel' }

/**
 * Follows a pointer from the press `down` on an element until it is released. Escape cancels the drag.
 *
 *     pointer   m--m--u         m: moves, u: is released
 *     output    m--m--(d|)      d: drop, or cancel
 */
export const followDrag = (target: Element, down: PointerEvent): Observable<DragEvent> =>
  defer(() => {
    down.preventDefault()
    target.setPointerCapture(down.pointerId)
    const moves$ = fromEvent<PointerEvent>(target, 'pointermove')
    const escapes$ = fromEvent<KeyboardEvent>(document, 'keydown').pipe(filter(({ key }) => key === 'Escape'))
    return merge(
      moves$.pipe(map((pointer): DragEvent => ({ event: 'move', pointer }))),
      fromEvent(target, 'pointerup').pipe(map((): DragEvent => ({ event: 'drop' }))),
      merge(fromEvent(target, 'pointercancel'), escapes$).pipe(map((): DragEvent => ({ event: 'cancel' }))),
    ).pipe(takeWhile(({ event }) => event === 'move', true))
  })
