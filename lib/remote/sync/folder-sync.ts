import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { type HuggingFaceOptions, writeHuggingFace } from '../../model/hugging-face/write-folder.js'
import { type SyncOptions, versionFolders, type WeightSync } from './weight-sync.js'

/** Options of {@link folderSync}. */
export interface FolderSyncOptions extends SyncOptions, Pick<HuggingFaceOptions, 'source' | 'float'> {}

/**
 * Writes whole models as folders of Hugging Face, which SGLang loads in place of its own. vLLM does not load whole models while it
 * runs.
 *
 * @errors RangeError for a run that is no name of a folder; through the port, CheckpointError for a model with adapters
 * @example
 * const rollouts = remoteRollouts(model, samplers, folderSync({ folder: '/shared/models', source: '/models/Qwen3-4B' }))
 */
export const folderSync = ({ source, float, ...options }: FolderSyncOptions): WeightSync =>
  versionFolders('model', options, (folder, { config, parameters }) =>
    config.lora === undefined
      ? writeHuggingFace(
          folder,
          { config, weights: parameters, metadata: {} },
          { ...(source === undefined ? {} : { source }), ...(float === undefined ? {} : { float }) },
        )
      : TE.left(
          new CheckpointError(
            folder,
            'a model with adapters',
            'a model without adapters; `adapterSync` publishes them',
          ),
        ),
  )
