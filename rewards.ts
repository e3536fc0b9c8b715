/**
 * Tasks, verifiers and scores: prompts from generators and data files, verifiers that judge completions, and the mean@k
 * and pass@k of an evaluation.
 *
 * @packageDocumentation
 */

export { boxed, format } from './lib/reward/format.js'
export { overlong, type OverlongOptions, overlongPenalty } from './lib/reward/overlong.js'
export { weighted, type WeightedPart, type WeightedParts } from './lib/reward/weighted.js'
export { lastFormula, markedAnswer } from './lib/reward/math/final-answer.js'
export { mathVerifier, type MathVerifierOptions } from './lib/reward/math/verifier.js'

export type { GeneratedTask, Split, Task } from './lib/task/task.js'
export { type TaskName, tasks } from './lib/task/index.js'
export { countdown, type CountdownOptions } from './lib/task/countdown/index.js'
export { moves, type MovesOptions } from './lib/task/moves/index.js'
export { distinctPrompts } from './lib/task/distinct.js'
export { DataError } from './lib/task/data/data-error.js'
export { type DataTask, dataTask, type DataTaskOptions } from './lib/task/data/data-task.js'
export type { RowCounts } from './lib/task/data/classify-rows.js'
export { type Row, type RowBlock, rowsAtHand } from './lib/task/data/row.js'
export { type LayoutName, layouts } from './lib/task/data/layout/index.js'
export type { Layout, Question } from './lib/task/data/layout/layout.js'
export { type PromptTemplateEntry, type PromptTemplateName, promptTemplates } from './lib/task/prompt-template.js'
export type { PromptTemplate, PromptTemplateFactory } from './lib/task/prompt-template.js'

export { bootstrap, type BootstrapOptions, type Estimate } from './lib/evaluation/bootstrap.js'
export { type Evaluation, evaluationOf, type QuestionResult } from './lib/evaluation/evaluation.js'
export { meanAtK } from './lib/evaluation/mean-at-k.js'
export { passAtK } from './lib/evaluation/pass-at-k.js'
