/** Resource that has to be closed. */
export interface Closable {
  readonly close: () => Promise<void> | void
}

/** Owner of the resources that a command opens. */
export interface Scope {
  /** Takes over a resource and returns it. */
  readonly own: <A extends Closable>(resource: A) => A
}

/**
 * Runs a task and then closes the resources of its scope, the last one first, whether the task succeeds or fails.
 *
 * @errors that of the task, or else the first failure to close
 */
export const withScope = async <A>(task: (scope: Scope) => Promise<A>): Promise<A> => {
  const resources: Closable[] = []
  try {
    return await task({
      own: (resource) => {
        resources.push(resource)
        return resource
      },
    })
  } finally {
    await closeAll(resources.reverse())
  }
}

const closeAll = async ([first, ...others]: readonly Closable[]): Promise<void> => {
  if (first === undefined) return
  try {
    await first.close()
  } finally {
    await closeAll(others)
  }
}
