import { fc, test } from '@fast-check/vitest'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { block } from '#cli/display/block.js'
import { cut } from '#cli/display/words.js'
import { stepLine } from '#cli/display/step-line.js'
import { emptyView, type RunView, viewAfter } from '#cli/display/view.js'
import { secondsOf, skipped, timedStep } from '../../lib/run/reports.js'

const start = emptyView('countdown, grpo, seed 1, on onnx', 4)
const after = (...entropies: number[]): RunView =>
  entropies.reduce((view, entropy, step) => viewAfter(view, timedStep(step, entropy)), start)

const window = (columns: number, rows = 24) => ({ columns, rows })

describe('block', () => {
  it('says that the first step is running', () => {
    expect(block(start, window(80))).toEqual(['countdown, grpo, seed 1, on onnx', 'the first step is running'])
  })

  it('shows a run that is running', () => {
    expect(block(after(0.7, 0.55, 0.49), window(120)).join('\n')).toBe(`countdown, grpo, seed 1, on onnx
███████████████████████░░░░░░░ step 3 of 4, 2.00 s per step

 0.70 ┤●
 0.68 ┤
 0.65 ┤
 0.63 ┤
 0.61 ┤░░░
 0.58 ┤░░░
 0.56 ┤░●░
 0.54 ┤░░░
 0.51 ┤░░░
 0.49 ┤░░●

entropy    0.490 ↑ below [0.500, 0.600] nats per token
reward     0.250, 13% correct, 25% truncated
accepted   6 (3 with advantage > 0, 1 with 0, 2 with < 0)
rejected   2 (0 with advantage > 0, 0 with 0, 2 with < 0)
update     loss -0.0125, gradient norm 0.500, KL 0.00010, 0% clipped
sample     3 4 5 = 17 → 3*4+5 (correct, reward 1)`)
  })

  it('shows the servers of a run in one line, with those that do not answer', () => {
    const server = { work: 'samples', version: 3, tokensPerSecond: 100.4, waiting: 1 } as const
    const servers = [
      { ...server, name: 'http://a', state: 'ready' },
      { ...server, name: 'http://b', state: 'joining' },
    ] as const
    const line = 'servers    2 of 2 alive, 201 tokens/s, 2 prompts waiting'
    expect(block({ ...start, servers }, window(120))).toContain(line)
    expect(block({ ...after(0.5), servers }, window(120))).toContain(line)
    const away = [servers[0], { ...servers[1], state: 'away', tokensPerSecond: 0, waiting: 0 }] as const
    expect(block({ ...after(0.5), servers: away }, window(120))).toContain(
      'servers    1 of 2 alive, 100 tokens/s, 1 prompt waiting; no answer of http://b',
    )
    const returning = [servers[0], { ...away[1], state: 'returning' }] as const
    expect(block({ ...after(0.5), servers: returning }, window(120))).toContain(
      'servers    1 of 2 alive, 100 tokens/s, 1 prompt waiting; no answer of http://b (tried again)',
    )
  })

  it('shows the time left from the fourth step on, without that of the first step', () => {
    const progress = (totals: readonly number[]) => {
      const timed = (total: number, step: number) => ({ ...timedStep(step, 0.5), seconds: secondsOf(step, total) })
      const view = totals.map(timed).reduce(viewAfter, { ...start, planned: 10 })
      return [block(view, window(120))[1]!, stepLine(view)!]
    }
    for (const text of progress([1000, 2, 2])) expect(text).not.toContain('left')
    for (const text of progress([1000, 2, 2, 3])) expect(text).toMatch(/ 12 s left$/)
  })

  it.each([
    ['exact', 0, '0.550 · inside'],
    ['sampled', 0.0042, '0.550 ± 0.004 (sampled) · inside'],
    ['top-k', 0.0126, '0.550 ± 0.013 (top-k) · inside'],
    ['sampled', null, '0.550 (sampled) · inside'],
  ] as const)('shows the error of %s scores', (scoreMethod, entropyError, text) => {
    const { report, seconds } = timedStep(0, 0.55)
    const entropy = { ...report.entropy, scoreMethod, entropyError }
    const view = viewAfter(start, { report: { ...report, entropy }, seconds })
    expect(block(view, window(120))).toContain(`entropy    ${text} [0.500, 0.600] nats per token`)
    expect(stepLine(view)).toContain(`entropy ${text} [`)
  })

  it('says why a step was skipped', () => {
    expect(block(viewAfter(start, timedStep(0, 0.55, skipped(0))), window(80))).toContain(
      'update     skipped: nothing-accepted',
    )
  })

  it('says how many verdicts failed, by tag and with a sample, and keeps control codes off the terminal', () => {
    const timed = timedStep(0, 0.55)
    const failureKinds = [
      { tag: 'VerifierThrew', count: 3, message: 'Error: no\u001b[2J answer' },
      { tag: 'VerifierTimedOut', count: 1, message: 'no verdict within 10 ms' },
    ] as const
    const view = viewAfter(start, { ...timed, report: { ...timed.report, failures: 4, failureKinds } })
    const text =
      '4 without a verdict: VerifierThrew 3 (Error: no [2J answer), VerifierTimedOut 1 (no verdict within 10 ms)'
    expect(block(view, window(200))).toContain(`verifier   ${text}`)
    expect(stepLine(view)).toContain(`  ${text}  `)
    expect(view.history.latest?.metrics.failureKinds).toEqual(failureKinds)
  })

  it.each([20, 40, 79])('is never wider than %i columns', (columns) => {
    for (const line of block(after(0.7, 0.55, 0.49), window(columns))) expect(line.length).toBeLessThanOrEqual(columns)
  })

  const wide = '数学 👩‍👩‍👧 e\u0301 \u001b[31mred\u001b[0m '.repeat(20)
  const sizes = { columns: fc.integer({ min: 20, max: 200 }), rows: fc.integer({ min: 5, max: 50 }) }

  test.prop([fc.record(sizes), fc.integer({ min: 0, max: 6 }), fc.constantFrom('a run', wide)])(
    'fits every window, and its first line is always the heading',
    (size, steps, heading) => {
      const view = after(...[0.7, 0.55, 0.49, 0.6, 0.5, 0.4].slice(0, steps))
      const example = { step: 0, prompt: wide, completion: wide, correct: true, reward: 1 }
      const lines = block({ ...view, heading, example: steps > 0 ? example : null }, size)
      // The cursor stands below the block.
      expect(lines.length).toBeLessThan(size.rows)
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(size.columns)
      expect(lines.join('')).not.toMatch(/\p{Cc}/u)
      expect(lines[0]).toBe(cut(heading, size.columns))
      expect(lines[1]).toMatch(steps === 0 ? /^the first step/ : /^[█░]+ /)
    },
  )

  it('keeps the numbers of a low window, and leaves out the chart', () => {
    const rowsOf = (rows: number) => block(after(0.7, 0.55), window(100, rows))
    expect(rowsOf(24)).toHaveLength(20)
    expect(rowsOf(15).filter((line) => line.includes('┤'))).toHaveLength(4)
    expect(rowsOf(15)).toHaveLength(14)
    expect(rowsOf(13).filter((line) => line.includes('┤'))).toEqual([])
    expect(rowsOf(13)).toContainEqual(expect.stringMatching(/^sample /))
    expect(rowsOf(5)).toHaveLength(4)
  })

  it("keeps a completion's control codes off the terminal", () => {
    const timed = timedStep(0, 0.55)
    const example = timed.report.examples[0]!
    const { response } = example
    const completion = { ...response.completion, text: 'a\u001b[2J\nb\u0007' }
    const evil = { ...example, response: { ...response, completion } }
    const lines = block(viewAfter(start, { ...timed, report: { ...timed.report, examples: [evil] } }), window(80))
    expect(lines.join('')).not.toMatch(/\p{Cc}/u)
  })
})

describe('viewAfter', () => {
  it('keeps a sample for five steps', () => {
    expect(after(0.5, 0.5, 0.5, 0.5, 0.5).example?.step).toBe(0)
    expect(after(0.5, 0.5, 0.5, 0.5, 0.5, 0.5).example?.step).toBe(5)
  })
})

describe('stepLine', () => {
  it('shows a step in one line without control codes', () => {
    expect(stepLine(after(0.7))).toBe(
      'step 1/4  entropy 0.700 ↓ above [0.500, 0.600]  reward 0.250  13% correct  25% truncated  accepted 6 of 8  2.00 s',
    )
    expect(stepLine(viewAfter(start, timedStep(0, 0.5, skipped(0))))).toContain('  skipped: nothing-accepted  ')
    expect(stepLine(after(0.7))).not.toMatch(/\p{Cc}/u)
  })

  it('shows the first and the last step of a long run, and about a hundred between', () => {
    let view: RunView = { ...start, planned: 250 }
    const printed: number[] = []
    for (let step = 0; step < 250; step++) {
      view = viewAfter(view, timedStep(step, 0.55))
      if (stepLine(view) !== null) printed.push(step + 1)
    }
    expect(printed.slice(0, 3)).toEqual([1, 3, 6])
    expect(printed.at(-1)).toBe(250)
    expect(printed.length).toBeLessThanOrEqual(102)
  })

  it('is null before the first step', () => expect(stepLine(start)).toBeNull())
})
