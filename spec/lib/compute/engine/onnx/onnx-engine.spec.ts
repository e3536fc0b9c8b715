import { expect, test } from 'vitest'
import { openOnnx } from '#lib/compute/engine/onnx/onnx-engine.js'
import { cases } from '../../reference/cases.js'
import { expectClose } from '../../reference/close.js'
import { interpret } from '../../reference/interpret.js'

const engine = await openOnnx({ threads: 2 })
test.each(cases)('$name', async ({ program, feed }) => {
  const executable = await engine.compile(program)
  const expected = interpret(program, feed)
  const { host } = await executable.run(feed, [...program.outputs.keys()])
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(host[name]!.shape).toEqual(shape)
    expectClose(host[name]!.data, data, 1e-5)
  }
  executable.dispose()
})
