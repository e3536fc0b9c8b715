import { PipelineError } from '../../../pipeline-error.js'
import { input, matmul, sum } from '../../operation/index.js'
import { program } from '../../program/program.js'
import type { Engine } from '../engine.js'

/** Rows, terms and columns of the product. None is a multiple of a tile. */
const [ROWS, TERMS, COLUMNS] = [5, 20, 7]

const small = (length: number, modulus: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => (i % modulus) - 1)
const a = { shape: [ROWS, TERMS], data: small(ROWS * TERMS, 3) }
const b = { shape: [TERMS, COLUMNS], data: small(TERMS * COLUMNS, 5) }
const product = matmul(input('a', a.shape), input('b', b.shape))
const checked = program('check', { product, total: sum(product, [0, 1]) })

/** The product of small integers, which is exact in float32, and its sum. */
const expected = Array.from({ length: ROWS * COLUMNS }, (_, i) => {
  const [row, column] = [Math.floor(i / COLUMNS), i % COLUMNS]
  let terms = 0
  for (let t = 0; t < TERMS; t++) terms += a.data[row * TERMS + t]! * b.data[t * COLUMNS + column]!
  return terms
})
const total = expected.reduce((whole, each) => whole + each, 0)

/**
 * Computes a product and its sum, and returns the engine. A kernel that a driver compiles wrongly gives no error, and the results
 * of training would be wrong without a sign.
 *
 * @errors PipelineError EngineFailed with the remedy, after the engine is closed
 */
export const checkProduct = async (engine: Engine): Promise<Engine> => {
  try {
    const executable = await engine.compile(checked)
    const { host } = await executable.run({ a, b }, ['product', 'total'])
    executable.dispose()
    const found = [...host['product']!.data, ...host['total']!.data]
    const place = [...expected, total].findIndex((each, i) => found[i] !== each)
    if (place !== -1)
      throw new PipelineError(
        'EngineFailed',
        `${engine.device ?? 'the GPU'} computes wrong numbers: found ${found[place]}, expected ${[...expected, total][place]}; ` +
          'update the graphics driver or the browser, or choose another engine',
      )
    return engine
  } catch (error) {
    await engine.close()
    throw error
  }
}
