/**
 * Makes a task from a data set of your own, and prints its first prompt. MODEL is a folder with a tokenizer; FILE has rows
 * such as those of GSM8K, as JSON lines or parquet.
 *
 * Run: npm run build && node dist/examples/own-data.js MODEL FILE
 */
import { of } from 'rxjs'
import { orThrow, rightOrThrow, type Verifier } from 'entrain'
import { readTokenizer, rowFiles } from 'entrain/node'
import { dataTask, promptTemplates } from 'entrain/rewards'

const [folder = '.', file = 'train.jsonl'] = process.argv.slice(2)

const lastNumber: Verifier = ({ reference }, { text }) => {
  const correct = text.match(/-?\d+(\.\d+)?/g)?.at(-1) === reference
  return of({ value: correct ? 1 : 0, correct })
}

const { tokenizer, chatTemplate } = await orThrow(readTokenizer(folder))
const rows = await orThrow(rowFiles([file]))
const task = await orThrow(
  dataTask({
    name: 'own-data',
    rows: { train: rows },
    tokenizer,
    template: promptTemplates.boxed.create(rightOrThrow(chatTemplate)),
    verifier: lastNumber,
    rewardScale: 'binary',
    maxTokens: 512,
    maxPromptTokens: 256,
  }),
)

const { prompts = 0, overlong = 0 } = task.counts.train ?? {}
console.log(`${prompts} prompts, and ${overlong} that are too long; the first of them:`)
for await (const { text, tokens, reference } of task.prompts('train', 7)) {
  console.log(`${text} [${tokens.length} tokens, answer ${reference}]`)
  break
}
