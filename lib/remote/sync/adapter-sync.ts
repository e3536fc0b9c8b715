import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { writeAdapters } from '../../model/lora/peft-folder.js'
import { type SyncOptions, versionFolders, type WeightSync } from './weight-sync.js'

/** Options of {@link adapterSync}. */
export interface AdapterSyncOptions extends SyncOptions {
  /** Name or path of the base model, which PEFT reads from the folder; servers do not read it [base]. */
  readonly base?: string
}

/**
 * Writes adapters as folders of PEFT, which vLLM and SGLang load beside their base model.
 *
 * @errors RangeError for a run that is no name of a folder; through the port, CheckpointError for a model without adapters
 * @example
 * const rollouts = remoteRollouts(model, samplers, adapterSync({ folder: '/shared/adapters' }))
 */
export const adapterSync = ({ base = 'base', ...options }: AdapterSyncOptions): WeightSync =>
  versionFolders('adapters', options, (folder, { config: { lora }, parameters }) =>
    lora === undefined
      ? TE.left(
          new CheckpointError(
            folder,
            'a model without adapters',
            'a model with adapters (`withAdapters`); whole models are published by `folderSync`',
          ),
        )
      : writeAdapters(folder, { config: lora, parameters }, base),
  )
