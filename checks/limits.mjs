/**
 * Largest number of names that each entry point may export.
 *
 * @type {Readonly<Record<string, number>>}
 */
export const limits = {
  entrain: 80,
  'entrain/algorithms': 120,
  'entrain/rewards': 30,
  'entrain/tensor': 60,
  'entrain/models': 60,
  'entrain/node': 70,
  'entrain/browser': 10,
  'entrain/testing': 30,
}
