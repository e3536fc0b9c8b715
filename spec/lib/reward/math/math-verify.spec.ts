import { readFile } from 'node:fs/promises'
import { from, lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { comparePairs } from '#bench/math-verify.js'
import { mathVerifier } from '#lib/reward/math/verifier.js'
import { aCompletion, aPrompt } from '#testing.js'

const compared = await comparePairs()
const disagreements = compared.filter(({ set, ours, theirs }) => set !== 'math-fresh-pairs' && ours !== theirs)
const fresh = compared.filter(({ set }) => set === 'math-fresh-pairs')

describe('against math-verify', () => {
  it('agrees on 96% of the pairs of usual answers', () => {
    const usual = compared.length - fresh.length
    expect(usual).toBeGreaterThanOrEqual(300)
    expect(disagreements.length / usual).toBeLessThanOrEqual(0.04)
  })

  it('judges 400 pairs that were labelled beforehand as they were labelled', () => {
    expect(fresh.length).toBeGreaterThanOrEqual(400)
    expect(fresh.filter(({ ours, same }) => ours !== same)).toEqual([])
  })

  it('accepts no pair that was written as wrong', () => {
    expect(compared.filter(({ ours, same }) => ours && !same)).toEqual([])
  })

  it('every disagreement, and no other, is in docs/math-verifier.md', async () => {
    const page = await readFile('docs/math-verifier.md', 'utf8')
    const rows = page.split('\n').filter((line) => /^\| `.*\| (?:same|not) +\| (?:same|not) /.test(line))
    const listed = disagreements.filter(({ gold, answer, ours, theirs }) => {
      const cells = [gold.split('\n').at(-1)!, answer].map((text) => `\`${text}\``)
      return rows.some(
        (row) =>
          cells.every((cell) => row.includes(cell)) &&
          (ours ? /\| same +\| not / : /\| not +\| same /).test(row) &&
          ours !== theirs,
      )
    })
    expect(listed).toEqual(disagreements)
    expect(rows.length).toBe(disagreements.length)
  })
})

/** Folder with train.jsonl and test.jsonl of GSM8K, one `{ "question", "answer" }` per line. */
const folder = process.env['GSM8K']

describe.skipIf(folder === undefined)('all of GSM8K (skipped unless GSM8K names the folder of its files)', () => {
  const judge = async (reference: string, text: string): Promise<boolean> => {
    const reward = from(mathVerifier()(aPrompt('p', { reference }), aCompletion(1, { text })))
    return (await lastValueFrom(reward)).correct
  }

  it.each(['train', 'test'])('%s', async (split) => {
    const lines = (await readFile(`${folder}/${split}.jsonl`, 'utf8')).trim().split('\n')
    const wrong: string[] = []
    for (const line of lines) {
      const { answer } = JSON.parse(line) as { answer: string }
      const [solution = '', final = ''] = answer.split('\n#### ')
      const number = Number(final.replaceAll(',', ''))
      const right = [answer, `The answer is ${final}.`, `\\boxed{${number}}`, `${solution}\nSo it is $${final}$`]
      for (const text of right) if (!(await judge(answer, text))) wrong.push(text)
      for (const other of [number + 1, -number - 1, number + 0.5])
        if (await judge(answer, `\\boxed{${other}}`)) wrong.push(`${other} for ${final}`)
    }
    expect(lines.length).toBeGreaterThan(1000)
    expect(wrong).toEqual([])
  })
})
