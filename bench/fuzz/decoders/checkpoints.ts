/** Files that a run writes to go on: checkpoints, refused batches, the lock of its folder. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchLines } from '../../../cli/display/inspection.js'
import { freshAdapters } from '../../../lib/model/lora/adapters.js'
import { initialPipelineState } from '../../../lib/control/pipeline-state.js'
import { checkpointFiles, checkpointFolder } from '../../../lib/run/checkpoint/checkpoint-name.js'
import { checkCheckpoint, newestCheckpoint, readCheckpoint } from '../../../lib/run/checkpoint/read-checkpoint.js'
import { writeCheckpoint } from '../../../lib/run/checkpoint/write-checkpoint.js'
import { keepRefused, readRefused } from '../../../lib/run/quarantine-folder.js'
import { identifyProcess } from '../../../lib/run/process-identity.js'
import { runFiles } from '../../../lib/run/run-folder.js'
import { readRunStatus } from '../../../lib/run/run-status.js'
import { aFilteredBatch } from '../../../testing/batches.js'
import { bytesOfJson, type Decode, type FuzzDecoders } from '../fuzz-decoder.js'
import { valueOf } from '../typed-error.js'
import { tiny } from '../samples/tiny-model.js'
import { decodeFile } from './write-input.js'

const STEP = 3

const parameters = freshAdapters(tiny, { rank: 2, alpha: 4, targets: ['q_proj'] }, 1).parameters

/** Writes a checkpoint into a run folder; returns its folder. */
const createCheckpoint = async (run: string): Promise<string> => {
  await valueOf(
    writeCheckpoint(run, {
      learner: {
        version: STEP,
        optimizerSteps: STEP,
        gradientNorms: [0.5, 0.25],
        parameters,
        firstMoments: parameters,
        secondMoments: parameters,
      },
      pipeline: {
        ...initialPipelineState,
        step: STEP,
        entropy: 0.5,
        override: [{ step: 0, band: { low: 0.4, high: 0.5 } }],
        filterMemory: { gain: 1, history: [0.1, 0.2] },
      },
      logs: { [runFiles.metrics]: 1000 },
      score: 0.5,
      inputs: { 'rows.jsonl': { bytes: 10, sha256: 'ab' } },
      config: { algorithm: 'grpo', seed: 7, steps: 100 },
    }),
  )
  return checkpointFolder(run, STEP)
}

/** Uses a folder that is removed afterwards. */
const inFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = await mkdtemp(join(tmpdir(), 'fuzz-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Returns a file of a new checkpoint. */
const fileOfCheckpoint = (name: string): Promise<readonly Uint8Array[]> =>
  inFolder(async (folder) => [new Uint8Array(await readFile(join(await createCheckpoint(folder), name)))])

/** Corrects the checksum of a changed state, so that its fields are read. Another text stays as it is. */
const withChecksum = (input: Uint8Array): Uint8Array => {
  try {
    const { sha256, ...fields } = JSON.parse(new TextDecoder().decode(input)) as Readonly<Record<string, unknown>>
    const digest = createHash('sha256').update(JSON.stringify(fields)).digest('hex')
    return bytesOfJson(sha256 === undefined ? fields : { ...fields, sha256: digest })
  } catch {
    return input
  }
}

const decodeState = (run: string, file: string): Decode => {
  const decode = decodeFile(file, checkpointFiles.state, async () =>
    valueOf(readCheckpoint(await valueOf(checkCheckpoint(run, STEP)))),
  )
  return (input) => decode(withChecksum(input))
}

/** Reads the tensors of a checkpoint also if their checksum is wrong. A changed file whose checksum is right would be a finding. */
const decodeTensors = async (run: string, folder: string): Promise<Decode> => {
  const intact = await valueOf(checkCheckpoint(run, STEP))
  const file = join(folder, checkpointFiles.parameters)
  const before = await readFile(file)
  return async (input) => {
    await writeFile(file, input)
    const { checkpoint, damaged } = await valueOf(newestCheckpoint(run))
    if ((checkpoint !== null) !== before.equals(input) || (checkpoint === null && damaged.length !== 1))
      throw new Error('a changed checkpoint that counts as intact')
    return valueOf(readCheckpoint(intact))
  }
}

const clock = (): number => 1e9

/** Reads whether the process of a lock still runs. The lock is one of this machine, unless its fields were changed. */
const decodeLock = (folder: string): Decode => {
  const decode = decodeFile(folder, runFiles.lock, () => valueOf(readRunStatus(folder, clock)))
  return async (input) => decode(await onThisMachine(input))
}

const onThisMachine = async (input: Uint8Array): Promise<Uint8Array> => {
  const { host, namespace, boot } = await identifyProcess(clock)
  try {
    const lock = JSON.parse(new TextDecoder().decode(input)) as Readonly<Record<string, unknown>>
    return lock['host'] === 'machine' ? bytesOfJson({ ...lock, host, namespace, boot }) : input
  } catch {
    return input
  }
}

export const checkpointDecoders: FuzzDecoders = {
  'checkpoint-state': {
    about: `${checkpointFiles.state} of a checkpoint, with the right checksum`,
    form: 'json',
    weight: 2,
    samples: () => fileOfCheckpoint(checkpointFiles.state),
    open: async (folder) => decodeState(folder, await createCheckpoint(folder)),
  },
  'checkpoint-tensors': {
    about: `${checkpointFiles.parameters} of a checkpoint`,
    form: 'safetensors',
    weight: 1,
    samples: () => fileOfCheckpoint(checkpointFiles.parameters),
    open: async (folder) => decodeTensors(folder, await createCheckpoint(folder)),
  },
  quarantine: {
    about: 'a refused batch of a run',
    form: 'json',
    weight: 1,
    samples: () =>
      inFolder(async (folder) => {
        const refused = { reason: 'non-finite-loss', batch: aFilteredBatch() } as const
        return [new Uint8Array(await readFile(await valueOf(keepRefused(folder, refused))))]
      }),
    open: (folder) =>
      Promise.resolve(
        decodeFile(folder, 'step-000000.json', async (file) => batchLines(await valueOf(readRefused(file)))),
      ),
  },
  'run-lock': {
    about: 'the lock of a run folder',
    form: 'json',
    weight: 0.5,
    samples: () =>
      Promise.resolve([
        bytesOfJson({ pid: 1, started: '1', host: 'machine', namespace: null, boot: 'a', claimed: 1.5 }),
      ]),
    open: (folder) => Promise.resolve(decodeLock(folder)),
  },
}
