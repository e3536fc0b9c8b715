/** Words that a first sentence may not begin with, because they leave its subject unnamed. */
const vague = ['What', 'Who', 'Whose', 'That', 'Those', 'Of', 'With which', 'Behind', 'Likewise', 'And', 'The same']

/** @units words */
const FEWEST = 3

/**
 * Checks the first sentence of a docstring.
 *
 * @param {string} text docstring without its tags
 * @returns {readonly string[]} a sentence for each fault; none if the docstring is good or missing
 */
export const docstringFaults = (text) => {
  const [paragraph = ''] = text.trim().split(/\n\s*\n/)
  if (paragraph === '') return []
  const sentence = /^.*?\.(?=\s|$)/s.exec(paragraph)?.[0] ?? paragraph
  const words = sentence.split(/\s+/)
  const start = vague.find((each) => new RegExp(`^${each}\\b`).test(sentence))
  return [
    ...(start === undefined ? [] : [`begins with "${start}"`]),
    ...(words.length < FEWEST ? [`has ${words.length} words, expected at least ${FEWEST}`] : []),
    ...(/[.:]$/.test(paragraph) ? [] : ['ends without a full stop']),
  ]
}
