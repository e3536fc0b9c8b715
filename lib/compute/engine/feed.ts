import { PipelineError } from '../../pipeline-error.js'
import { dtypeOfElements } from '../program/elements.js'
import type { DType, HostTensor } from '../program/node.js'
import { describeType, sameShape, sizeOf, type TensorType } from '../program/shape.js'
import type { Signature } from '../program/signature.js'
import type { DeviceTensor, Feed } from './engine.js'

/** Returns whether a tensor of a feed is in host memory. */
export const isHostTensor = (tensor: HostTensor | DeviceTensor): tensor is HostTensor => 'data' in tensor

/** Returns the element type of a tensor in host memory or on an engine. */
export const dtypeOf = (tensor: HostTensor | DeviceTensor): DType =>
  isHostTensor(tensor) ? dtypeOfElements(tensor.data) : tensor.dtype

/**
 * Checks that the arguments of a run fit its program.
 *
 * @errors PipelineError EngineFailed, which names the first input or output that does not fit
 */
export const checkRun = (
  { name: program, inputs, outputs }: Signature,
  feed: Feed,
  read: readonly string[],
  donated: readonly string[] = [],
): void => {
  const fail = (problem: string) => new PipelineError('EngineFailed', `program "${program}": ${problem}`)
  for (const [name, expected] of inputs) {
    const given = feed[name]
    if (given === undefined) throw fail(`input "${name}" is missing`)
    const problem = misfit(expected, given)
    if (problem !== undefined) throw fail(`input "${name}" ${problem}`)
  }
  for (const name of Object.keys(feed)) {
    if (!inputs.has(name)) throw fail(`there is no input "${name}"${choices(inputs)}`)
  }
  for (const name of donated) {
    const given = feed[name]
    if (given === undefined) throw fail(`there is no input "${name}" to donate`)
    if (isHostTensor(given)) throw fail(`input "${name}" is in host memory, and only device tensors can be donated`)
  }
  for (const name of read) {
    if (!outputs.has(name)) throw fail(`there is no output "${name}"${choices(outputs)}`)
  }
}

const misfit = (expected: TensorType, given: HostTensor | DeviceTensor): string | undefined => {
  const type = { dtype: dtypeOf(given), shape: given.shape }
  if (expected.dtype !== type.dtype || !sameShape(expected.shape, type.shape))
    return `is ${describeType(type)}, expected ${describeType(expected)}`
  if (isHostTensor(given) && given.data.length !== sizeOf(given.shape))
    return `holds ${given.data.length} elements, its shape [${given.shape.join(', ')}] has ${sizeOf(given.shape)}`
  return undefined
}

const choices = (named: ReadonlyMap<string, unknown>): string =>
  named.size > 8 ? '' : `; there is ${[...named.keys()].join(', ') || 'none'}`
