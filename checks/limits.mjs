/**
 * Largest number of names that each entry point may export.
 *
 * @type {Readonly<Record<string, number>>}
 */
export const limits = {
  entrain: 89,
  'entrain/algorithms': 150,
  'entrain/rewards': 50,
  'entrain/tensor': 60,
  'entrain/models': 43,
  'entrain/node': 98,
  'entrain/remote': 50,
  'entrain/browser': 10,
  'entrain/testing': 35,
}
