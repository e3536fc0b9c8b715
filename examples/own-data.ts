/** A data set of your own as a task: `node own-data.js MODEL FILE`, a folder with a tokenizer and rows such as GSM8K's. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { of } from 'rxjs'
import type { Verifier } from 'entrain'
import { dataTask, promptTemplates } from 'entrain/rewards'
import { readTokenizer, rowFiles } from 'entrain/node'

const [model = '.', file = 'train.jsonl'] = process.argv.slice(2)

const lastNumber: Verifier = ({ reference }, { text }) => {
  const correct = text.match(/-?\d+(\.\d+)?/g)?.at(-1) === reference
  return of({ value: correct ? 1 : 0, correct })
}

const opened = pipe(
  TE.Do,
  TE.bind('text', () => readTokenizer(model)),
  TE.bind('chat', ({ text }) => TE.fromEither(text.chatTemplate)),
  TE.bindW('rows', () => rowFiles([file])),
  TE.chainW(({ text, chat, rows }) =>
    dataTask({
      name: 'own-data',
      rows: { train: rows },
      tokenizer: text.tokenizer,
      template: promptTemplates.boxed.create(chat),
      verifier: lastNumber,
      rewardScale: 'binary',
      maxTokens: 512,
      maxPromptTokens: 256,
    }),
  ),
)

const task = await opened()
if (E.isLeft(task)) throw task.left
const { prompts = 0, overlong = 0 } = task.right.counts.train ?? {}
console.log(`${prompts} prompts, and ${overlong} that are too long; the first of them:`)
for await (const { text, tokens, reference } of task.right.prompts('train', 7)) {
  console.log(`${text} [${tokens.length} tokens, answer ${reference}]`)
  break
}
