/** Requests that wait for their answers. */
export interface PendingRequests<A> {
  /** Sends a request under a new id, and returns its answer. */
  readonly add: (send: (id: number) => void) => Promise<A>
  readonly resolve: (id: number, answer: A) => void
  readonly reject: (id: number, error: Error) => void
  /** Rejects every waiting and every later request; false if that was done before. */
  readonly rejectAll: (error: Error) => boolean
}

interface Settle<A> {
  readonly resolve: (answer: A) => void
  readonly reject: (error: Error) => void
}

/** Returns an empty list of requests. */
export const pendingRequests = <A>(): PendingRequests<A> => {
  const waiting = new Map<number, Settle<A>>()
  let count = 0
  let failure: Error | undefined
  const settle = (id: number, how: (request: Settle<A>) => void) => {
    const request = waiting.get(id)
    waiting.delete(id)
    if (request !== undefined) how(request)
  }
  return {
    add: (send) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure)
          return
        }
        const id = count++
        waiting.set(id, { resolve, reject })
        send(id)
      }),
    resolve: (id, answer) => settle(id, ({ resolve }) => resolve(answer)),
    reject: (id, error) => settle(id, ({ reject }) => reject(error)),
    rejectAll: (error) => {
      if (failure !== undefined) return false
      failure = error
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
      return true
    },
  }
}
