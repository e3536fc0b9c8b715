import { entropyErrorText } from '../../lib/report/entropy-error-text.js'
import type { TensorCensus } from '../../lib/checkpoint/tensor-census.js'
import type { Refusal } from '../../lib/policy/learner.js'
import type { RefusedBatch } from '../../lib/policy/quarantine.js'
import type { Census } from '../../lib/census.js'
import { inspectBatch } from '../../lib/report/inspect-batch.js'
import { counted } from '../../lib/report/number-text.js'
import { stepNumber } from '../../lib/report/step-number.js'
import type { FilteredBatch } from '../../lib/rollout/batch.js'
import { columns } from './evaluation.js'
import { cut } from './words.js'

/** Explanation of each reason of a refused update. */
const explanations: Readonly<Record<Refusal, string>> = {
  'non-finite-loss': 'the loss or the norm of its gradient was not finite',
  'non-finite-weights': 'the new weights, their norm, or the moments of the optimiser were not finite',
  'gradient-spike': 'the norm of its gradient was above the limit of the spike guard',
}

/** Longest line of a prompt. @units columns */
const WIDTH = 120

/** Contents of a quarantined batch as lines of text. Responses and tokens are counted from 0, as in the file. */
export const batchLines = ({ reason, batch }: RefusedBatch): readonly string[] => {
  const { responses, accepted_B, scores, state, step } = batch
  const lengths = responses.map(({ completion }) => completion.tokens.length)
  const longest = lengths.indexOf(Math.max(...lengths))
  const groups = new Set(responses.map(({ group }) => group)).size
  const accepted = accepted_B.filter(Boolean).length
  return [
    'a batch whose update was refused',
    ...columns([
      ['reason', `${reason}: ${explanations[reason]}`],
      ['step', `${stepNumber(step)} (${step} in the logs), scored by weights of version ${scores.version}`],
      ['responses', `${responses.length} of ${counted(groups, 'prompt')}, ${accepted} accepted`],
      ['longest', longest < 0 ? 'no completion' : `${counted(lengths[longest]!, 'token')}, response ${longest}`],
      [
        'entropy',
        `${[numberText(state.entropy), entropyErrorText(state)].filter((text) => text !== '').join(' ')} nats per token, band ${numberText(state.band.low)} to ${numberText(state.band.high)}`,
      ],
    ]),
    '',
    ...columns([
      ['field', ...heads, 'first that is not finite'],
      ...inspectBatch(batch).map(({ field, census, firstBadAt }) => [field, ...cells(census), firstBadAt ?? '']),
    ]),
    '',
    ...promptLines(batch),
  ]
}

/** Line of each prompt: its first response, its rewards and its text. */
const promptLines = ({ responses }: FilteredBatch): readonly string[] => {
  const first = new Map<number, number>()
  responses.forEach(({ group }, b) => {
    if (!first.has(group)) first.set(group, b)
  })
  return [...first].map(([group, b]) => {
    const rewards = responses.filter((response) => response.group === group).map(({ reward }) => reward.value)
    const { prompt } = responses[b]!
    return cut(`  prompt ${prompt.id}, from response ${b}, rewards ${rewards.join(' ')}: ${prompt.text}`, WIDTH)
  })
}

/** Stored tensors as a table. A name or shape from a file may hold control characters, which are removed. */
export const tensorLines = (tensors: readonly TensorCensus[]): readonly string[] => {
  const bad = tensors.filter(({ census }) => census.firstBad !== null)
  const numbers = bad.reduce((total, { census }) => total + census.nan + census.infinite, 0)
  return [
    `${counted(tensors.length, 'tensor')}, ${bad.length === 0 ? 'all numbers are finite' : `${counted(numbers, 'number')} not finite in ${counted(bad.length, 'tensor')}`}`,
    ...columns([
      ['tensor', 'shape', ...heads],
      ...tensors.map(({ name, shape, census }) => [cut(name, WIDTH), `[${shape.join(', ')}]`, ...cells(census)]),
    ]),
  ]
}

const heads = ['numbers', 'not finite', 'smallest', 'largest', 'mean']

const cells = ({ count, nan, infinite, min, max, mean }: Census): readonly string[] => [
  String(count),
  [...(nan === 0 ? [] : [`${nan} NaN`]), ...(infinite === 0 ? [] : [`${infinite} infinite`])].join(', ') || '0',
  ...[min, max, mean].map(numberText),
]

const numberText = (value: number | null): string =>
  value === null ? '–' : Number.isInteger(value) ? String(value) : value.toPrecision(4)
