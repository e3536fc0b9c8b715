/** Seeds, lengths and evaluations of one part of the study. */
export interface PartScale {
  /** Number of seeds. */
  readonly seeds: number
  /** Training steps of each run. */
  readonly steps: number
  /** Steps between two evaluations. */
  readonly every: number
}

/** Names of the parts, in the order in which they run. */
export const partNames = [
  'methods',
  'holding',
  'laws',
  'algorithms',
  'schedules',
  'too-high',
  'sizes',
  'long',
  'language-model',
] as const

/** Part of the study. */
export type PartName = (typeof partNames)[number]

/** Size of the study: how much each part runs. */
export interface Scale {
  readonly parts: Readonly<Record<PartName, PartScale>>
  /** Distinct test questions of an evaluation, and samples per question. */
  readonly questions: number
  readonly samples: number
  /** Optimiser steps that pretrain the larger model. */
  readonly pretraining: number
  /** Label of the results. */
  readonly label: string
}

/** Sizes of the study by name. */
export const scales = {
  full: {
    parts: {
      // GRPO is flat from step 400 on, so 600 steps make it flat over the last third.
      methods: { seeds: 5, steps: 600, every: 100 },
      holding: { seeds: 5, steps: 100, every: 100 },
      laws: { seeds: 3, steps: 100, every: 100 },
      algorithms: { seeds: 2, steps: 80, every: 80 },
      schedules: { seeds: 3, steps: 200, every: 50 },
      'too-high': { seeds: 3, steps: 200, every: 50 },
      sizes: { seeds: 3, steps: 600, every: 100 },
      long: { seeds: 5, steps: 2000, every: 200 },
      'language-model': { seeds: 1, steps: 200, every: 100 },
    },
    questions: 256,
    samples: 16,
    pretraining: 2000,
    label: 'full study',
  },
  quick: {
    parts: {
      methods: { seeds: 1, steps: 90, every: 30 },
      holding: { seeds: 1, steps: 40, every: 40 },
      laws: { seeds: 1, steps: 40, every: 40 },
      algorithms: { seeds: 1, steps: 20, every: 20 },
      schedules: { seeds: 1, steps: 60, every: 20 },
      'too-high': { seeds: 1, steps: 60, every: 20 },
      sizes: { seeds: 1, steps: 90, every: 30 },
      long: { seeds: 1, steps: 180, every: 60 },
      'language-model': { seeds: 1, steps: 20, every: 10 },
    },
    questions: 96,
    samples: 16,
    pretraining: 150,
    label: 'quick look: one seed and few steps, too few to decide any claim',
  },
} as const satisfies Record<string, Scale>
