/**
 * Test doubles of the ports, builders of batches, virtual time, and the laws that every operator keeps: for the specs of
 * your own stages.
 *
 * @packageDocumentation
 */
export {
  aBatch,
  aFilteredBatch,
  aMeasuredBatch,
  anEmptyBatch,
  anEntropyState,
  anUpdate,
  someScores,
} from './testing/batches.js'
export { type FakeLearner, type FakeLearnerOptions, fakeLearner } from './testing/fake-learner.js'
export { fixedVerifier } from './testing/fixed-verifier.js'
export {
  aCompletion,
  aFailure,
  aGroup,
  anAdvantagedGroup,
  aPrompt,
  aPromptBatch,
  aReward,
  aRewardedGroup,
} from './testing/groups.js'
export { type MarblePolicy, type MarblePolicyOptions, marblePolicy } from './testing/marble-policy.js'
export { type Law, type OperatorCase, operatorLaws, type Reaction } from './testing/operator-laws.js'
export { expectSame, virtually } from './testing/virtual-time.js'
