/** Queue of tasks. It runs them one after another in the order of the calls, also after a task that fails. */
export type Serial = <A>(task: () => A | Promise<A>) => Promise<A>

/** Makes an empty queue. */
export const serial = (): Serial => {
  let tail: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = tail.then(task)
    tail = result.catch(() => undefined)
    return result
  }
}
