/** One run of the study: reads its description and its files from the arguments, and writes its record into a folder. */
import { explain } from '../../cli/exit.js'
import { writeRecord } from './record.js'
import { train, type RunFiles } from './train.js'
import type { RunPlan } from './plan.js'

/** Arguments of a run in a process of its own, as JSON text. */
export interface ChildJob {
  readonly plan: RunPlan
  readonly files: RunFiles
  /** Folder of the records. */
  readonly folder: string
}

const { plan, files, folder } = JSON.parse(process.argv[2] ?? '') as ChildJob
try {
  await writeRecord(folder, await train(plan, files))
} catch (error) {
  console.error(explain(error))
  process.exitCode = 1
}
