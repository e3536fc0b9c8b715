/** Runs tasks one after another, in the order they came; one that fails does not hold up the next. */
export type Serial = <A>(task: () => A | Promise<A>) => Promise<A>

export const serial = (): Serial => {
  let tail: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = tail.then(task)
    tail = result.catch(() => undefined)
    return result
  }
}
