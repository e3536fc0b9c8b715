/** Names of the files and folders in a run folder. */
export const runFiles = {
  /** Resolved configuration; `entrain train --config` repeats the run. */
  config: 'config.yaml',
  /** Log with one {@link StepMetrics} per line; the same seed writes the same bytes. */
  metrics: 'metrics.jsonl',
  /** Log with one {@link StepSeconds} per line. */
  timings: 'timings.jsonl',
  /** Log with one {@link StepEvaluation} per line. */
  evaluations: 'evaluations.jsonl',
  /** Log with some rollouts of every step, for people to read: one {@link StepRollouts} per line. */
  rollouts: 'rollouts.jsonl',
  /** Status and results of the run, a {@link RunSummary}. */
  summary: 'summary.json',
  /** Last state of the servers that sample or train, a list of {@link RunServer}. Only a run with servers has the file. */
  servers: 'servers.json',
  /** Folder of the versions of the weights that servers read, if no other folder is given. It exists while the run lasts. */
  published: 'published',
  /** Identity of the process that trains the run; the file exists while it does. */
  lock: 'run.lock',
  /** Messages of the run that its terminal did not take, each with its time. */
  notes: 'notes.log',
  /** Trained model, if the run started from a safetensors file. */
  checkpoint: 'checkpoint.safetensors',
  /** Trained model, if the run started from a Hugging Face folder or a GGUF file: a folder that transformers loads. */
  model: 'model',
  /** Trained adapters, if the run trained adapters: a folder that PEFT loads. */
  adapter: 'adapter',
  /** Folder of the checkpoints that the run resumes from. */
  checkpoints: 'checkpoints',
  /** File of zeros that is removed when the disk is full, so that a checkpoint fits. It exists while the run lasts. */
  spare: 'spare',
  /** Folder of the lines and checkpoints that a resumed run has cut off, one folder for each time. */
  cut: 'cut',
  /** Log with one line for each time that the run was resumed: the step, the time, and the settings that have changed. */
  resumptions: 'resumptions.jsonl',
  /** Folder of the batches whose updates were refused; `entrain inspect` reads them. */
  quarantine: 'quarantine',
  /** Run folder of the comparison, if the run was compared with another algorithm. It has no trained model. */
  comparison: 'compare',
  /** Plot of the entropy and its band, without file extension. */
  entropyPlot: 'entropy',
  /** Plot of the reward, without file extension. */
  rewardPlot: 'reward',
} as const
