import { PipelineError } from '../../pipeline-error.js'
import type { DType, HostTensor, Program, Shape } from '../program/node.js'
import type { DeviceTensor, Feed } from './engine.js'

export const isHostTensor = (tensor: HostTensor | DeviceTensor): tensor is HostTensor => 'data' in tensor

export const dtypeOf = (tensor: HostTensor | DeviceTensor): DType => {
  if (!isHostTensor(tensor)) return tensor.dtype
  return tensor.data instanceof Int32Array ? 'int32' : 'float32'
}

export const elements = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

/**
 * Compares what a run was given with what its program takes.
 *
 * @errors PipelineError EngineFailed naming the first input or output that does not fit
 */
export const checkRun = (program: Program, feed: Feed, read: readonly string[]): void => {
  const fail = (problem: string) => new PipelineError('EngineFailed', `program "${program.name}": ${problem}`)
  for (const [name, expected] of program.inputs) {
    const given = feed[name]
    if (given === undefined) throw fail(`input "${name}" is missing`)
    const problem = misfit(expected, given)
    if (problem !== undefined) throw fail(`input "${name}" ${problem}`)
  }
  for (const name of Object.keys(feed)) {
    if (!program.inputs.has(name)) throw fail(`there is no input "${name}"${choices(program.inputs)}`)
  }
  for (const name of read) {
    if (!program.outputs.has(name)) throw fail(`there is no output "${name}"${choices(program.outputs)}`)
  }
}

const misfit = (
  expected: { readonly shape: Shape; readonly dtype: DType },
  given: HostTensor | DeviceTensor,
): string | undefined => {
  const [wanted, got] = [describe(expected.dtype, expected.shape), describe(dtypeOf(given), given.shape)]
  if (wanted !== got) return `is ${got}, expected ${wanted}`
  if (isHostTensor(given) && given.data.length !== elements(given.shape))
    return `holds ${given.data.length} elements, its shape [${given.shape.join(', ')}] has ${elements(given.shape)}`
  return undefined
}

const describe = (dtype: DType, shape: Shape): string => `${dtype} [${shape.join(', ')}]`

const choices = (named: ReadonlyMap<string, unknown>): string =>
  named.size > 8 ? '' : `; there is ${[...named.keys()].join(', ') || 'none'}`
