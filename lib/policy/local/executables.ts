import type { Engine, Executable } from '../../compute/engine/engine.js'
import type { Program } from '../../compute/program/node.js'

/** Compiled programs of one model. A program is compiled when it is first requested, and kept. */
export interface Executables {
  /**
   * Returns the program of that key, or compiles what `build` returns. Keys are unique within a scope: the model's
   * configuration, or the objective that a program differentiates.
   *
   * @errors rejects with PipelineError EngineFailed
   */
  get(scope: object, key: string, build: () => Program): Promise<Executable>
  dispose(): Promise<void>
}

/** Creates an empty cache of compiled programs on an engine. */
export const createExecutables = (engine: Engine): Executables => {
  const scopes = new Map<object, Map<string, Promise<Executable>>>()
  const compiledIn = (scope: object) => {
    const compiled = scopes.get(scope) ?? new Map<string, Promise<Executable>>()
    scopes.set(scope, compiled)
    return compiled
  }
  return {
    get: (scope, key, build) => {
      const compiled = compiledIn(scope)
      const executable = compiled.get(key) ?? engine.compile(build())
      compiled.set(key, executable)
      // A program that failed to compile is compiled again on the next request.
      executable.catch(() => compiled.delete(key))
      return executable
    },
    dispose: async () => {
      const all = [...scopes.values()].flatMap((compiled) => [...compiled.values()])
      for (const outcome of await Promise.allSettled(all)) if (outcome.status === 'fulfilled') outcome.value.dispose()
      scopes.clear()
    },
  }
}

/**
 * Returns a length of at least n: a multiple of `step`, and for large n also of a sixteenth of the next power of two. Few
 * lengths mean few compilations. The length exceeds n by an eighth at most.
 */
export const roundUp = (n: number, step: number): number => {
  const grain = Math.max(step, powerOfTwo(n) / 16)
  return Math.max(step, Math.ceil(n / grain) * grain)
}

/** Returns the smallest power of two that is at least n. */
export const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n))

/** Returns the number of rows that are allocated for n sequences: a power of two, and at least 8 for short sequences. */
export const rowsFor = (n: number, length = 1): number => Math.max(length <= SHORT ? 8 : 1, powerOfTwo(n))

/** Length up to which padded rows cost less than a compilation for each number of rows. @units tokens */
const SHORT = 64
