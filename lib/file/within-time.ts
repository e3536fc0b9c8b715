import { createContext, Script } from 'node:vm'

/** Error of work that did not end in time. */
class OutOfTime extends Error {}

/** Scope of the script that calls the work. The work itself runs in the scope where it was written. */
const scope: { work: () => unknown } = { work: () => undefined }
const context = createContext(scope)
const call = new Script('work()')

/**
 * Calls a synchronous function and ends it if it takes too long, so that a loop without an end in a parser of files ends.
 *
 * @units milliseconds
 * @errors throws the error of the function, or OutOfTime
 */
export const withinTime = <A>(milliseconds: number, work: () => A): A => {
  try {
    scope.work = work
    return call.runInContext(context, { timeout: Math.ceil(milliseconds) }) as A
  } catch (cause) {
    throw cause instanceof Error && 'code' in cause && cause.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
      ? new OutOfTime(`no end after ${milliseconds} ms`)
      : cause
  }
}
