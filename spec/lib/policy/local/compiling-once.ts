import { serialize } from 'node:v8'
import type { Engine, Executable } from '#lib/compute/engine/engine.js'
import { toWire } from '#lib/compute/engine/worker/wire-program.js'

/**
 * Engine that compiles equal programs once, for specs that make a new model in every test: compiling takes most of the time of a
 * tiny model. Routines start in this thread, so that their programs are compiled once too. A program lives as long as the engine.
 */
export const compilingOnce = (engine: Engine): Engine => {
  const compiled = new Map<string, Promise<Executable>>()
  const self: Engine = {
    name: engine.name,
    compile: async (program) => {
      const key = serialize(toWire(program)).toString('latin1')
      if (!compiled.has(key)) compiled.set(key, engine.compile(program))
      const executable = await compiled.get(key)!
      let isDisposed = false
      return {
        ...executable,
        run: (feed, read, donated) => {
          if (isDisposed) throw new Error(`program "${program.name}" runs after it was disposed`)
          return executable.run(feed, read, donated)
        },
        dispose: () => {
          isDisposed = true
        },
      }
    },
    start: (routine, settings) => Promise.resolve(routine.start(self, settings)),
    upload: (tensor, given) => engine.upload(tensor, given),
    read: (tensor) => engine.read(tensor),
    memory: () => engine.memory(),
    close: () => engine.close(),
  }
  return self
}
