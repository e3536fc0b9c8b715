/**
 * Number of a step as people read it: 1 for the first step, N for the last of N steps. Programs and logs count steps from 0.
 *
 *     number = step + 1
 */
export const stepNumber = (step: number): number => step + 1

/** Step with a number: the inverse of {@link stepNumber}. */
export const stepOfNumber = (number: number): number => number - 1
