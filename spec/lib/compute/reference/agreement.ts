import type { Engine } from '#lib/compute/engine/engine.js'
import { dtypeOf } from '#lib/compute/engine/feed.js'
import { describeType } from '#lib/compute/program/shape.js'
import type { Case } from './case.js'
import { expectClose } from './close.js'
import { interpret } from './interpret.js'

/**
 * Runs a case on an engine and compares the outputs with the interpreter.
 *
 * @errors throws an assertion that names the output that differs in shape, in element type or by more than 1e-5
 */
export const expectAgreement = async (engine: Engine, { program, feed }: Case): Promise<void> => {
  const executable = await engine.compile(program)
  const { host, device } = await executable.run(feed, [...program.outputs.keys()])
  if (Object.keys(device).length > 0) throw new Error(`left on the device: ${Object.keys(device).join()}`)
  for (const [output, { data }] of Object.entries(interpret(program, feed))) {
    const found = host[output]!
    const [is, should] = [describeType({ ...found, dtype: dtypeOf(found) }), describeType(program.outputs.get(output)!)]
    if (is !== should) throw new Error(`${output} is ${is}, expected ${should}`)
    expectClose(found.data, data, 1e-5)
  }
  executable.dispose()
}
