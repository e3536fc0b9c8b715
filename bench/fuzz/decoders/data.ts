/** Files of data sets, and batches in JSON. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type * as t from 'io-ts'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { FilteredBatchCodec, MeasuredBatchCodec } from '../../../lib/codec/value/batch.js'
import { AdvantagedGroupCodec } from '../../../lib/codec/value/rollout-group.js'
import { parseJson } from '../../../lib/file/parse-json.js'
import { rightOrThrow } from '../../../lib/or-throw.js'
import { rowParser } from '../../../lib/task/data/parsed-row.js'
import { rowFiles } from '../../../lib/task/data/row-files.js'
import { aFilteredBatch, aMeasuredBatch } from '../../../testing/batches.js'
import { anAdvantagedGroup } from '../../../testing/groups.js'
import { bytesOfJson, bytesOfText, type FuzzDecoder, type FuzzDecoders } from '../fuzz-decoder.js'
import { unlessRefused, valueOf } from '../typed-error.js'
import { decodeFile } from './write-input.js'

/** Reads every row of a file. A row may be refused alone: the others are read all the same. */
const readRows = async (file: string): Promise<void> => {
  const parse = rowParser()
  for (const { read } of await valueOf(rowFiles([file])))
    for (const row of await valueOf(read)) await unlessRefused(() => rightOrThrow(parse(file, row)))
}

const rowLines = (rows: readonly unknown[]) => bytesOfText(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))

const count = (length: number) => Array.from({ length }, (_, i) => i)

/** A nested Parquet file: numbers, nulls, lists and groups in three row groups. */
const nestedParquet = () =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'question', data: count(50).map((i) => `${i % 7} + ${i}?`) },
        { name: 'answer', data: count(50).map((i) => (i % 3 === 0 ? null : i / 10)), nullable: true },
        { name: 'tags', data: count(50).map((i) => (i % 2 === 0 ? ['a', 'b'] : [])) },
        { name: 'id', data: count(50).map((i) => BigInt(i) * 2n ** 55n) },
      ],
      rowGroupSize: 20,
    }),
  )

/** Decoder of a value in JSON by its codec. */
const valueDecoder = (about: string, codec: t.Mixed, values: () => readonly unknown[]): FuzzDecoder => ({
  about,
  form: 'json',
  weight: 1,
  samples: () => Promise.resolve(values().map((value) => bytesOfJson(codec.encode(value)))),
  open: () =>
    Promise.resolve((input) => {
      rightOrThrow(parseJson('value.json', new TextDecoder().decode(input), codec))
      return Promise.resolve()
    }),
})

export const dataDecoders: FuzzDecoders = {
  'json-lines': {
    about: 'rows of a data set in JSON lines',
    form: 'json-lines',
    weight: 2,
    samples: () =>
      Promise.resolve([
        rowLines(count(6).map((i) => ({ question: `${i} + 1?`, answer: i + 1 }))),
        rowLines([{ question: 'What is 2 + 3?', answer: '2 + 3 = <<2+3=5>>5\n#### 5' }]),
        rowLines([
          {
            data_source: 'openai/gsm8k',
            prompt: [{ role: 'user', content: '1 + 1?' }],
            reward_model: { style: 'rule', ground_truth: '2' },
            extra_info: { index: 12_345_678_901_234_567_890n.toString() },
          },
        ]),
        rowLines([{ problem: '$x^2 = 4$', solution: 'So $\\boxed{2}$', level: 'Level 1', type: 'Algebra' }]),
      ]),
    open: (folder) => Promise.resolve(decodeFile(folder, 'rows.jsonl', readRows)),
  },
  parquet: {
    about: 'rows of a data set in Parquet, with six compressions',
    form: 'parquet',
    weight: 2,
    samples: async () => {
      const folder = join('spec', 'golden')
      const names = (await readdir(folder)).filter((name) => name.endsWith('.parquet')).toSorted()
      const files = names.map(async (name) => new Uint8Array(await readFile(join(folder, name))))
      return [nestedParquet(), ...(await Promise.all(files))]
    },
    open: (folder) => Promise.resolve(decodeFile(folder, 'rows.parquet', readRows)),
  },
  group: valueDecoder('a rollout group in JSON', AdvantagedGroupCodec, () => [anAdvantagedGroup([1, -1])]),
  batch: valueDecoder('a filtered batch in JSON', FilteredBatchCodec, () => [aFilteredBatch()]),
  'measured-batch': valueDecoder('a measured batch in JSON', MeasuredBatchCodec, () => [aMeasuredBatch()]),
}
