import type { Engine, Executable } from '../../compute/engine/engine.js'
import type { Program } from '../../compute/program/node.js'

/** Compiled programs of one model: a shape is compiled when it is first met and kept. */
export interface Executables {
  /** Keys are unique within a scope: the model's configuration, or the objective that a program differentiates. */
  get(scope: object, key: string, build: () => Program): Promise<Executable>
  dispose(): Promise<void>
}

export const executables = (engine: Engine): Executables => {
  const compiled = new Map<object, Map<string, Promise<Executable>>>()
  const within = (scope: object) => {
    const known = compiled.get(scope) ?? new Map<string, Promise<Executable>>()
    compiled.set(scope, known)
    return known
  }
  return {
    get: (scope, key, build) => {
      const known = within(scope)
      const executable = known.get(key) ?? engine.compile(build())
      known.set(key, executable)
      // What did not compile is tried again when it is asked for again.
      executable.catch(() => known.delete(key))
      return executable
    },
    dispose: async () => {
      const all = [...compiled.values()].flatMap((known) => [...known.values()])
      for (const outcome of await Promise.allSettled(all)) if (outcome.status === 'fulfilled') outcome.value.dispose()
      compiled.clear()
    },
  }
}

/**
 * A length that holds n: a multiple of `step`, and for long ones of a sixteenth of the next power of two. Few shapes, so few
 * compilations, and at most an eighth too long.
 */
export const roundUp = (n: number, step: number): number => {
  const grain = Math.max(step, powerOfTwo(n) / 16)
  return Math.max(step, Math.ceil(n / grain) * grain)
}

/** Smallest power of two that holds n. */
export const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n))

/** Rows that n sequences of that length take: a power of two, and of short ones at least 8. */
export const rowsFor = (n: number, length = 1): number => Math.max(length <= SHORT ? 8 : 1, powerOfTwo(n))

/** To pad a few rows of so many tokens costs less than to compile for each number of them. @units tokens */
const SHORT = 64
